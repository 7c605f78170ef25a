//! `Output`: the files of an export, and what was counted on the way.

use chat::{
    ExternalId,
    imports::{ConversationRef, Message},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

pub struct Output {
    folder: PathBuf,
    files: BTreeMap<&'static str, RowFile>,
    /// What the contract has no place for, and how often.
    lost: BTreeMap<&'static str, u64>,
    /// Messages that were left out, each with the one before it in its conversation, if there is one.
    left_out: HashMap<ExternalId, Option<ExternalId>>,
    /// The conversation and the id of the message that was written last.
    last: Option<(ConversationRef, ExternalId)>,
}

struct RowFile {
    file: BufWriter<File>,
    rows: u64,
}

impl Output {
    /// Makes all files, so that those without rows are there, too.
    pub fn create(folder: &Path, names: &[&'static str]) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for name in names {
            let file = BufWriter::new(File::create_new(folder.join(name))?);
            files.insert(*name, RowFile { file, rows: 0 });
        }
        Ok(Self {
            folder: folder.to_owned(),
            files,
            lost: BTreeMap::new(),
            left_out: HashMap::new(),
            last: None,
        })
    }

    pub fn write(&mut self, name: &str, row: &Value) -> io::Result<()> {
        let file = self.files.get_mut(name);
        let file =
            file.ok_or_else(|| io::Error::other(format!("{name} is not one of the files")))?;
        file.rows += 1;
        serde_json::to_writer(&mut file.file, row)?;
        file.file.write_all(b"\n")
    }

    /// Writes a file that has no rows.
    pub fn write_text(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = File::create_new(self.folder.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// Counts something that the contract has no place for.
    pub fn lose(&mut self, what: &'static str) {
        self.lose_many(what, 1);
    }

    pub fn lose_many(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            *self.lost.entry(what).or_default() += count;
        }
    }

    /// Notes a message that was written, for `leave_out`. They come by conversation and position.
    pub fn note_message(&mut self, message: &Message) {
        self.last = Some((message.conversation.clone(), message.id.clone()));
    }

    /// Notes a message that is not written.
    pub fn leave_out(&mut self, message: &Message) {
        let last = self.last.as_ref();
        let before = last.filter(|(conversation, _)| *conversation == message.conversation);
        let before = before.map(|(_, id)| id.clone());
        self.left_out.insert(message.id.clone(), before);
    }

    pub fn is_left_out(&self, id: &ExternalId) -> bool {
        self.left_out.contains_key(id)
    }

    /// The message, or the one before it if it was left out: whoever has read it has read that one.
    pub fn written<'a>(&'a self, id: &'a ExternalId) -> Option<&'a ExternalId> {
        self.left_out.get(id).map_or(Some(id), Option::as_ref)
    }

    pub fn finish(&mut self) -> io::Result<()> {
        for file in self.files.values_mut() {
            file.file.flush()?;
            file.file.get_ref().sync_all()?;
        }
        Ok(())
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, file) in &self.files {
            writeln!(f, "{name:<26} {:>10} rows", file.rows)?;
        }
        if !self.lost.is_empty() {
            writeln!(f, "\nThe contract has no place for:")?;
        }
        for (what, count) in &self.lost {
            writeln!(f, "  {count} {what}")?;
        }
        Ok(())
    }
}
