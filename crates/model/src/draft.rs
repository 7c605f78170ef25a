//! Drafts: what a user has begun to write, on all of their devices.

use crate::{ConversationId, MessageId, NoPoll, Reply, Upload, UploadId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The draft of a place: the main line of a conversation, or a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    pub conversation_id: ConversationId,
    /// The root of the thread that it is a reply in; absent for the main line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<MessageId>,
    /// The text as it was typed. Without text, `replyTo` and files there is no draft: it was removed, or sent.
    pub body: String,
    /// The message that it quotes, in its present state.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub reply_to: Option<Reply>,
    /// Which tab or device has written it last, by the id that it gave itself.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub editor_id: Option<String>,
    /// The number of its last change in the user's personal sequence: of two states of a draft, the one with
    /// the higher number is newer.
    pub seq: i64,
    #[serde(with = "crate::timestamp")]
    pub updated_at: OffsetDateTime,
    /// Its files, in their order, ready or on their way; absent without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<Upload>,
}

/// What a device writes into a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"body": "Lunch at", "base": 17, "editorId": "0b9f4c1e"})))]
#[serde(rename_all = "camelCase")]
pub struct DraftChange {
    /// The whole text, of at most 10,000 characters. Empty without `replyToId` and files, it removes the draft.
    pub body: String,
    #[serde(default)]
    pub reply_to_id: Option<MessageId>,
    /// The thread that it is a reply in; absent for the main line.
    #[serde(default)]
    pub thread_id: Option<MessageId>,
    /// The `seq` of the draft that the device knows and has changed; 0 if it knows none.
    pub base: i64,
    /// An id of 1 to 64 characters that the tab or device has given itself: what it has written itself is no
    /// conflict for it.
    #[serde(default)]
    pub editor_id: Option<String>,
    /// All files of the draft, in their order: at most 10 uploads of the caller's, ready or on their way. Absent, they stay
    /// as they are. They are kept as long as the draft has them. Those that a message has, sent or scheduled, and those
    /// that are no uploads of the caller's are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_ids: Option<Vec<UploadId>>,
    /// Refused unless it is null.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub poll: NoPoll,
}

/// The answer to a `DraftChange`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DraftSaved {
    /// Whether the draft is now as the device wrote it. False when another one has changed it since `base`:
    /// `draft` is what that one wrote, and the device still has its own text. `uploads` of the draft says which files it
    /// has: those that it cannot have are left out.
    pub saved: bool,
    /// The draft as it is stored now.
    pub draft: Draft,
}
