//! Reminders: a user wants to come back to a message at a time.

use crate::{ConversationId, Message, MessageId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reminder {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// As it is now: the tombstone, if it was deleted. Null where the user may not see it any more.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub message: Option<Message>,
    #[serde(with = "crate::timestamp")]
    pub remind_at: OffsetDateTime,
    pub state: ReminderState,
    /// The number of its last change in the user's personal sequence.
    pub seq: i64,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ReminderState {
    Waiting,
    /// Its time has come. It stays in the list until the user completes it or sets another time.
    Due,
    /// It is not in the list any more.
    Completed,
}
