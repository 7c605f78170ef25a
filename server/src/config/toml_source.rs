//! Values of TOML files of the operator: in the file itself, in the environment, or in files of their own.

use serde::{Deserialize, Deserializer};
use std::path::{Path, PathBuf};

/// Bytes of the longest file of a key.
const MAX_KEY_FILE: u64 = 64 * 1024;

/// A text or a list of texts.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
pub enum Texts {
    One(String),
    Many(Vec<String>),
}

/// A text that no message shows.
pub struct Hidden(pub String);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("must be a text, in quotes")),
        }
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Texts {
    pub fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// Where values come from that are not in the file itself.
pub struct Source<'a> {
    /// Paths in the file are relative to its folder.
    pub folder: &'a Path,
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

impl Source<'_> {
    /// A value that is in the file, and one that is in a file of its own.
    pub fn values(
        &self,
        name: &str,
        value: Option<&Hidden>,
        file: Option<&PathBuf>,
    ) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        if let Some(Hidden(value)) = value {
            values.push(self.expand(value)?);
        }
        if let Some(path) = file {
            let path = self.folder.join(path);
            let why = |cause: std::io::Error| format!("{name}_file {}: {cause}", path.display());
            if std::fs::metadata(&path).map_err(why)?.len() > MAX_KEY_FILE {
                return Err(format!("{name}_file {} is too long", path.display()));
            }
            let text = std::fs::read_to_string(&path).map_err(why)?;
            values.push(text.trim_end_matches(['\r', '\n']).to_owned());
        }
        if values.iter().any(String::is_empty) {
            return Err(format!("{name} is empty"));
        }
        Ok(values)
    }

    pub fn texts(&self, texts: Texts) -> Result<Vec<String>, String> {
        let texts = texts.into_list();
        texts.iter().map(|text| self.expand(text)).collect()
    }

    /// Replaces `${NAME}` by the environment's variable.
    pub fn expand(&self, text: &str) -> Result<String, String> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or("a `${` has no `}`")?;
            let value = (self.env)(name).filter(|value| !value.is_empty());
            expanded.push_str(before);
            expanded.push_str(&value.ok_or(format!("the variable {name} is not set"))?);
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}
