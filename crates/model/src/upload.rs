//! Uploads: files on their way into messages.

use crate::{Attachment, AttachmentKind, Thumbnail, UploadId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A file that a user sends to the server, in one or many parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    pub id: UploadId,
    /// As it is shown: without folders, control characters and what changes the direction of text.
    pub name: String,
    /// Where it can be had once it is ready, as in a message that has it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub url: String,
    /// Bytes that were announced.
    pub size: i64,
    /// Bytes that the server has.
    pub offset: i64,
    pub state: UploadState,
    pub kind: AttachmentKind,
    /// By its bytes; null until it is ready.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub content_type: Option<String>,
    /// Bytes that members get: of a picture fewer, without its metadata; null until it is ready.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub content_size: Option<i64>,
    /// Of a picture or video, in pixels, as it is shown.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub width: Option<i32>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub height: Option<i32>,
    /// Of video and audio, in milliseconds.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub duration: Option<i64>,
    /// Of a voice message: the course of its loudness, at most 100 amplitudes of a byte each, in base64.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub waveform: Option<String>,
    /// A tiny picture to show until a thumbnail is there, as a `data:` address. A picture that is seen through has none.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub placeholder: Option<String>,
    /// From small to large, as WebP, each smaller than the picture; none until it is ready.
    pub thumbnails: Vec<Thumbnail>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub client_id: Option<String>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    /// When it is deleted, unless a message, a scheduled message or a draft has it by then. Each part that arrives
    /// moves it.
    #[serde(with = "crate::timestamp")]
    pub expires_at: OffsetDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum UploadState {
    /// Bytes are missing.
    Uploading,
    /// All bytes are there and are being looked at.
    Processing,
    /// A message can have it.
    Ready,
}

/// What begins an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewUpload {
    pub name: String,
    pub content_type: String,
    pub size: i64,
    /// Idempotency key of the user: a retry with the same one returns the first upload.
    pub client_id: Option<String>,
    /// Of a voice message.
    pub voice: Option<NewVoice>,
}

/// What the recorder of a voice message says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewVoice {
    /// In milliseconds. The server believes the file, where that says something else.
    pub duration: i64,
    /// The loudest of each part, from 0 to 255.
    pub waveform: Vec<u8>,
}

impl Attachment {
    /// Takes over what is known of an upload.
    pub fn describe(&mut self, upload: &Upload) {
        self.kind = upload.kind;
        self.content_type.clone_from(&upload.content_type);
        self.size = upload.content_size;
        (self.width, self.height, self.duration) = (upload.width, upload.height, upload.duration);
        self.waveform.clone_from(&upload.waveform);
        self.placeholder.clone_from(&upload.placeholder);
        self.thumbnails.clone_from(&upload.thumbnails);
    }
}
