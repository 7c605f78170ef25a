//! The files of a tray and of a message in the outbox, which `localStorage` has as JSON. The first screen only hands
//! that text on.

use crate::json;
use serde::{Deserialize, Serialize};

/// A file that goes with a message. Its bytes are in this browser until the message is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingFile {
    /// Names it in this browser, and is the idempotency key of its upload.
    pub key: String,
    pub name: String,
    /// As the browser tells it; empty if it does not.
    pub content_type: String,
    /// In bytes.
    pub size: i64,
}

/// None in what is not such a list.
pub fn read_files(text: &str) -> Vec<OutgoingFile> {
    json::read(text).unwrap_or_default()
}

/// Empty without any.
pub fn write_files(files: &[OutgoingFile]) -> String {
    if files.is_empty() {
        return String::new();
    }
    serde_json::to_string(files).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{OutgoingFile, read_files, write_files};

    #[test]
    fn files_are_read_as_they_were_written() {
        assert_eq!(write_files(&[]), "");
        assert_eq!(read_files(""), []);
        let file = OutgoingFile {
            key: "a".to_owned(),
            name: "\"ü\n.png".to_owned(),
            content_type: "image/png".to_owned(),
            size: i64::MAX,
        };
        let files = [file, OutgoingFile::default()];
        assert_eq!(read_files(&write_files(&files)), files);
    }
}
