//! Mutes: conversations that shall not draw a user's attention.

use crate::ConversationId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Whether a user has muted a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Mute {
    pub conversation_id: ConversationId,
    /// False when it was taken back, when its time is over, and when the user has left the conversation.
    pub muted: bool,
    /// When it ends by itself, which no event tells. Null for one without an end, and where `muted` is false.
    #[serde(with = "crate::timestamp::option")]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub until: Option<OffsetDateTime>,
    /// The number of its last change in the user's personal sequence: of two states, the one with the higher
    /// number is newer. 0 where there has never been one.
    pub seq: i64,
}

/// How a conversation is to be muted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"until": "2027-01-04T08:00:00Z"})))]
#[serde(rename_all = "camelCase")]
pub struct NewMute {
    /// When it ends by itself: 30 seconds to 366 days from now. Without it, it has no end.
    #[serde(
        with = "crate::timestamp::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub until: Option<OffsetDateTime>,
    /// The same as a length, in seconds, for clients whose clock may be wrong. Not together with `until`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 30, maximum = 31_622_400))]
    pub seconds: Option<u32>,
    /// Whether nothing changes where the user has muted the conversation before, also if they have taken that
    /// back: for what a client has kept of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unless_set: bool,
}
