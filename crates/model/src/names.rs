//! The names of people, by their ids.

use crate::UserId;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use std::fmt;

/// A map of a few names. `BTreeMap` is several times the size in WebAssembly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<(UserId, String)>);

impl Names {
    pub fn get(&self, id: UserId) -> Option<&str> {
        let name = self.0.iter().find(|(known, _)| *known == id);
        name.map(|(_, name)| name.as_str())
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<(UserId, String)> for Names {
    /// The later of two names of one id stays.
    fn extend<I: IntoIterator<Item = (UserId, String)>>(&mut self, names: I) {
        for (id, name) in names {
            match self.0.iter_mut().find(|(known, _)| *known == id) {
                Some((_, known)) => *known = name,
                None => self.0.push((id, name)),
            }
        }
    }
}

impl FromIterator<(UserId, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (UserId, String)>>(names: I) -> Self {
        let mut all = Self::default();
        all.extend(names);
        all
    }
}

impl Serialize for Names {
    /// In the order of the ids.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names: Vec<_> = self.0.iter().map(|(id, name)| (id, name)).collect();
        names.sort_unstable();
        serializer.collect_map(names)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of names")
    }

    /// Pushed as they come: in JSON of the server no id comes twice.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Names, A::Error> {
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            names.push(entry);
        }
        Ok(Names(names))
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use crate::UserId;

    #[test]
    fn is_a_map_in_the_order_of_the_ids() {
        let name = |id, name: &str| (UserId(id), name.to_owned());
        let mut names: Names = [name(2, "Grace"), name(1, "Ada")].into_iter().collect();
        names.extend([name(2, "Grace H.")]);
        let json = serde_json::to_string(&names).unwrap();
        assert_eq!(json, r#"{"1":"Ada","2":"Grace H."}"#);
        let read: Names = serde_json::from_str(&json).unwrap();
        assert_eq!(read.get(UserId(2)), Some("Grace H."));
        assert_eq!(read.get(UserId(3)), None);
        assert!(Names::default().is_empty());
    }
}
