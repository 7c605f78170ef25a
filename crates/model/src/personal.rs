//! The personal sequence: changes of what only one user knows, such as their drafts, in numbered order.

use crate::{Draft, Mute, PollVote, Reminder, ScheduledMessage};
use serde::{Deserialize, Serialize};

/// A change in a user's personal sequence, told to all of their devices. Each thing that changed has its
/// number in `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum PersonalEvent {
    /// A draft was written, removed or sent.
    #[serde(rename = "draft")]
    Draft { draft: Draft },
    /// A message was scheduled, changed, cancelled, sent or refused.
    #[serde(rename = "scheduled")]
    Scheduled { scheduled: ScheduledMessage },
    /// A reminder was set or completed, or its time has come.
    #[serde(rename = "reminder")]
    Reminder { reminder: Box<Reminder> },
    /// A conversation was muted or unmuted. That the time of a mute is over is not told.
    #[serde(rename = "mute")]
    Mute { mute: Mute },
    /// The user has voted in a poll, or taken their vote back.
    #[serde(rename = "vote")]
    Vote { vote: Box<PollVote> },
    /// The sequence has come to this number, and the node may have missed how: the client asks for the
    /// changes after its own number.
    #[serde(rename = "personal", rename_all = "camelCase")]
    Sequence { personal_seq: i64 },
}

impl PersonalEvent {
    /// The name of the event on a socket, and the value of `type`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Draft { .. } => "draft",
            Self::Scheduled { .. } => "scheduled",
            Self::Reminder { .. } => "reminder",
            Self::Mute { .. } => "mute",
            Self::Vote { .. } => "vote",
            Self::Sequence { .. } => "personal",
        }
    }

    /// The number in the personal sequence.
    pub const fn seq(&self) -> i64 {
        match self {
            Self::Draft { draft } => draft.seq,
            Self::Scheduled { scheduled } => scheduled.seq,
            Self::Reminder { reminder } => reminder.seq,
            Self::Mute { mute } => mute.seq,
            Self::Vote { vote } => vote.seq,
            Self::Sequence { personal_seq } => *personal_seq,
        }
    }
}

/// The changes of a personal sequence after a number: each changed thing once, under its last number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PersonalChanges {
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::Event>))]
    pub items: Vec<PersonalEvent>,
    /// The number up to which the client then knows everything: the next `after`.
    pub seq: i64,
    /// While this is true, the client has to ask again.
    pub has_more: bool,
}
