//! Announcements: messages of an administrator to all users, in a conversation of their own
//! (`ConversationId::ANNOUNCEMENTS`).

use crate::{AnnouncementId, MessageKind, NoFiles, NoPoll, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// That of its message.
    pub id: AnnouncementId,
    pub body: String,
    pub kind: MessageKind,
    pub sent_by: UserId,
    pub sender_name: String,
    /// The number of users that it was for: all others who were not blocked.
    pub reach: i64,
    #[serde(with = "crate::timestamp")]
    pub sent_at: OffsetDateTime,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"body": "The server restarts at noon."})))]
#[serde(rename_all = "camelCase")]
pub struct NewAnnouncement {
    pub body: String,
    #[serde(default)]
    pub kind: MessageKind,
    /// Idempotency key: a retry with the same one returns the first result.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Refused unless it is empty.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub attachment_ids: NoFiles,
    /// Refused unless it is null.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub poll: NoPoll,
}
