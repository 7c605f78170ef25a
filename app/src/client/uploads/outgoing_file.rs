//! The files of a tray and of a message in the outbox, which `localStorage` has as JSON. The first screen only hands
//! that text on.

use crate::json;
use model::{AttachmentKind, Upload};
use serde::{Deserialize, Serialize};

/// A file that goes with a message. Its bytes are in this browser until the message is sent, unless another device uploads
/// it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingFile {
    /// Names it in this browser, and is the idempotency key of its upload.
    pub key: String,
    pub name: String,
    /// As the browser tells it; empty if it does not.
    pub content_type: String,
    /// In bytes.
    pub size: i64,
    /// Of its upload; empty until the server has given one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The address of a small picture of it, where this browser may not have its bytes; empty without one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub preview: String,
    /// Of a voice message, in milliseconds; 0 of every other file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duration: i64,
    /// Of a voice message: its amplitudes in base64; empty of every other file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub waveform: String,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Files of one message.
pub const MAX_FILES: usize = 10;

impl OutgoingFile {
    /// A file of a draft, as it is in this tray, too, if this browser uploads it.
    pub fn of(upload: &Upload) -> Self {
        let id = upload.id.to_string();
        Self {
            key: upload
                .client_id
                .clone()
                .unwrap_or_else(|| format!("upload-{id}")),
            name: upload.name.clone(),
            content_type: upload.content_type.clone().unwrap_or_default(),
            size: upload.size,
            id,
            preview: picture_of(upload).cloned().unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// The address of a small picture of an upload. A small picture has no thumbnails, and is one itself.
pub fn picture_of(upload: &Upload) -> Option<&String> {
    let picture = (upload.kind == AttachmentKind::Image).then_some(&upload.url);
    upload.thumbnails.first().map(|it| &it.url).or(picture)
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
            id: "7".to_owned(),
            preview: "/uploads/7/thumbnails/320.webp".to_owned(),
            duration: 1200,
            waveform: "AAj/".to_owned(),
        };
        let files = [file, OutgoingFile::default()];
        assert_eq!(read_files(&write_files(&files)), files);
        // As an earlier version of the page has written it.
        let earlier = r#"[{"key":"a","name":"b","content_type":"","size":1}]"#;
        assert_eq!(read_files(earlier).len(), 1);
    }
}
