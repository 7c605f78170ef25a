//! Files: the uploads that the messages of a conversation have.

use crate::{Attachment, AttachmentKind, ConversationId, MessageId, Sender};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// An upload in a conversation, with the message that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SharedFile {
    /// As the message has it.
    #[serde(flatten)]
    pub attachment: Attachment,
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
    /// The number of the message in its conversation.
    pub position: i64,
    /// The root of the thread that the message is a reply in; absent on a message that is in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<MessageId>,
    pub sender: Sender,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
}

/// Which files of a conversation are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase", default)]
pub struct FileFilter {
    /// Part of a name, at most 100 characters.
    #[cfg_attr(feature = "openapi", param(max_length = 100))]
    pub search: Option<String>,
    pub kind: Option<AttachmentKind>,
}
