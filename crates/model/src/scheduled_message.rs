//! Scheduled messages: written now, sent at their time.

use crate::{
    ConversationId, ErrorCode, MessageId, NoPoll, Reply, ScheduledMessageId, Upload, UploadId,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScheduledMessage {
    pub id: ScheduledMessageId,
    pub conversation_id: ConversationId,
    /// The root of the thread that it will be a reply in; absent for the main line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<MessageId>,
    /// Whether a reply in a thread will also be in the main line of the conversation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub also_to_conversation: bool,
    /// Empty once it was sent or cancelled.
    pub body: String,
    /// The message that it quotes, in its present state.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub reply_to: Option<Reply>,
    #[serde(with = "crate::timestamp")]
    pub send_at: OffsetDateTime,
    pub state: ScheduledState,
    /// Why the send was refused.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub failure: Option<SendFailure>,
    /// The message that it has become.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub message_id: Option<MessageId>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub client_id: Option<String>,
    /// The number of its last change in the user's personal sequence.
    pub seq: i64,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    /// The files that will go with it, in their order; absent without any, and once it was sent or cancelled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<Upload>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ScheduledState {
    Scheduled,
    /// The send was refused at its time: it waits for the user to change, send or cancel it.
    Failed,
    Sent,
    Cancelled,
}

/// Why a scheduled message was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendFailure {
    pub code: ErrorCode,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"body": "Good morning", "sendAt": "2027-01-04T08:00:00Z",
    "clientId": "0b9f4c1e"})))]
#[serde(rename_all = "camelCase")]
pub struct NewScheduledMessage {
    /// May be empty if there are files.
    pub body: String,
    #[serde(default)]
    pub reply_to_id: Option<MessageId>,
    #[serde(default)]
    pub thread_id: Option<MessageId>,
    #[serde(default)]
    pub also_to_conversation: bool,
    /// 30 seconds to 366 days from now.
    #[serde(with = "crate::timestamp")]
    pub send_at: OffsetDateTime,
    /// Idempotency key: a retry with the same one returns the first result.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The `seq` of the draft of this place that the message was written as: it is removed, but for files
    /// that the message has not, unless it has changed meanwhile.
    #[serde(default)]
    pub draft_seq: Option<i64>,
    /// Uploads of the caller's that are ready and that no message has, at most 10, in their order. They are kept for
    /// this message until it goes.
    #[serde(default)]
    pub attachment_ids: Vec<UploadId>,
    /// Refused unless it is null.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub poll: NoPoll,
}

/// Changes of a scheduled message; an absent field stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScheduledChange {
    #[serde(default)]
    pub body: Option<String>,
    /// 30 seconds to 366 days from now.
    #[serde(with = "crate::timestamp::option", default)]
    pub send_at: Option<OffsetDateTime>,
    /// All files that it is to have, as where it is scheduled. Those that are not among them are let go.
    #[serde(default)]
    pub attachment_ids: Option<Vec<UploadId>>,
    /// Refused unless it is null.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub poll: NoPoll,
}
