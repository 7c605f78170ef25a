//! Forwarded messages: what is sent to forward some, and where they come from.

use crate::{ConversationId, ConversationKind, Message, MessageId};
use serde::{Deserialize, Serialize};

/// Messages to forward, with words of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"messageIds": ["12", "13"], "comment": "See what was said", "clientId": "5d1c80a2"})))]
#[serde(rename_all = "camelCase")]
pub struct NewForward {
    /// 1 to 20 messages of one conversation.
    pub message_ids: Vec<MessageId>,
    /// A message of the caller's own that comes before them.
    #[serde(default)]
    pub comment: Option<String>,
    /// Idempotency key of the sender: a retry with the same one returns the first result.
    #[serde(default)]
    pub client_id: Option<String>,
}

/// The result of forwarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardSent {
    /// In the order of the conversation: the comment, and the messages as they were said.
    pub messages: Vec<Message>,
    /// Whether an earlier request with the same `clientId` had already written them.
    pub deduplicated: bool,
}

/// Where a forwarded message was said, for somebody who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The message by which it was forwarded.
    pub message_id: MessageId,
    /// The message that was said first.
    pub original_id: MessageId,
    pub conversation_id: ConversationId,
    pub kind: ConversationKind,
    /// Null of a direct conversation.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub title: Option<String>,
}
