//! What the server read for the first page, and the store begins with.

use model::{ConversationId, ConversationSummary, Event, Member, Message, Page};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialState {
    /// `Event::Ready`.
    pub ready: Event,
    /// The conversations that the user has marked, in their order.
    #[serde(default)]
    pub favorites: Vec<ConversationId>,
    /// The conversations that the user has muted, by id.
    #[serde(default)]
    pub muted: Vec<ConversationId>,
    pub open: Option<OpenConversation>,
}

/// The summary must have been read before the members and the page: a change in between is then found by its
/// sequence number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenConversation {
    pub summary: ConversationSummary,
    pub members: Vec<Member>,
    pub page: Page<Message>,
    /// Whether the page is the newest one. It covers the end of the conversation then, also where messages that
    /// are in threads only follow.
    pub is_newest: bool,
}
