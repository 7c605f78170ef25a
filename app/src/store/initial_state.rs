//! What the server read for the first page, and the store begins with.

use model::{ConversationId, ConversationSummary, Event, Member, Message, Page};
use serde::{Deserialize, Serialize};

/// The summary of the open conversation must have been read before its members and its page: a
/// change in between is then found by its sequence number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialState {
    /// `Event::Ready`.
    pub ready: Event,
    /// The conversations that the user has marked, in their order.
    #[serde(default)]
    pub favorites: Vec<ConversationId>,
    pub open: Option<(ConversationSummary, Vec<Member>, Page<Message>)>,
}
