//! What the browser knows: one plain value, changed by events and by pages, and asked by the
//! components. No clock, no browser, no signals.

mod apply;
mod conversation;
mod map;
mod members;
mod outbox;
mod receipts;
mod rows;
mod timeline;

pub use map::Map;
pub use outbox::{Outbox, Outgoing, OutgoingState};
pub use receipts::Tick;
pub use rows::{Entry, MessageRow, RowKey};
pub use timeline::Timeline;

use conversation::ConversationState;
use model::{
    Account, ConversationId, ConversationSummary, Event, Member, Message, MessageId, Page,
    Presence, PresenceStatus, UserId, UserRole,
};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, sync::Arc};
use time::OffsetDateTime;

/// How the browser stands to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    #[default]
    Connecting,
    Online,
    Offline,
    /// The server no longer knows this session.
    SignedOut,
}

/// What the server painted the first page from, and the browser starts with.
///
/// The head of the open conversation must have been read before its members and its page: what
/// changed in between is then found by its sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialState {
    /// `Event::Ready`.
    pub ready: Event,
    pub open: Option<(ConversationSummary, Vec<Member>, Page<Message>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatStore {
    pub me: Account,
    pub outbox: Outbox,
    link: LinkState,
    conversations: Map<ConversationId, ConversationState>,
    /// Conversations that were heard of and are not known: a `sync` tells what they are.
    strangers: Map<ConversationId, ()>,
    presence: Map<UserId, Presence>,
}

impl ChatStore {
    pub fn new(initial: InitialState) -> Self {
        let mut store = Self {
            me: nobody(),
            outbox: Outbox::default(),
            link: LinkState::default(),
            conversations: Map::default(),
            strangers: Map::default(),
            presence: Map::default(),
        };
        if let Some((head, members, page)) = initial.open {
            if let Event::Ready { user, .. } = &initial.ready {
                store.me = user.clone();
            }
            let id = head.conversation.id;
            store.add_head(head);
            store.watch(id);
            store.add_members(id, members);
            store.add_newest(id, page.items);
        }
        store.apply(initial.ready);
        store
    }

    pub fn link(&self) -> LinkState {
        self.link
    }

    pub fn set_link(&mut self, link: LinkState) {
        self.link = link;
        if link != LinkState::Online {
            // Nobody would tell when they stop.
            for conversation in self.conversations.values_mut() {
                conversation.typing.clear();
            }
        }
    }

    /// How far each conversation of mine is known.
    pub fn known_seqs(&self) -> Map<ConversationId, i64> {
        let conversations = self.conversations.iter();
        conversations
            .filter(|(_, conversation)| conversation.head.role.is_some())
            .map(|(id, conversation)| (*id, conversation.seq))
            .collect()
    }

    /// Whether something was missed, and a `sync` is due.
    pub fn is_behind(&self) -> bool {
        !self.strangers.is_empty()
            || self
                .conversations
                .values()
                .any(ConversationState::is_behind)
    }

    /// My conversations, the one with the newest activity first.
    pub fn heads(&self) -> Vec<&ConversationSummary> {
        let heads: Map<_, _> = self
            .conversations
            .iter()
            .map(|(id, conversation)| (*id, &conversation.head))
            .filter(|(_, head)| head.role.is_some())
            .map(|(id, head)| (Reverse((active_at(head), id)), head))
            .collect();
        heads.into_values().collect()
    }

    /// The same by their ids alone: what a keyed list needs.
    pub fn head_ids(&self) -> Vec<ConversationId> {
        let heads = self.heads().into_iter();
        heads.map(|head| head.conversation.id).collect()
    }

    pub fn head(&self, id: ConversationId) -> Option<&ConversationSummary> {
        self.conversations
            .get(&id)
            .map(|conversation| &conversation.head)
    }

    /// What a conversation is called: its title, or the other person's name.
    pub fn title(&self, id: ConversationId) -> Option<&str> {
        let head = self.head(id)?;
        let peer = || Some(head.peer.as_ref()?.name.as_str());
        head.conversation.title.as_deref().or_else(peer)
    }

    pub fn timeline(&self, id: ConversationId) -> Option<&Timeline> {
        self.conversations.get(&id)?.timeline.as_ref()
    }

    /// Whether there are messages before the first one known.
    pub fn has_older(&self, id: ConversationId) -> bool {
        self.timeline(id)
            .and_then(Timeline::first)
            .is_some_and(|position| position > 1)
    }

    /// Whether there are messages after the last one known.
    pub fn has_newer(&self, id: ConversationId) -> bool {
        self.conversations
            .get(&id)
            .is_some_and(ConversationState::has_newer)
    }

    pub fn message(&self, id: ConversationId, message_id: MessageId) -> Option<&Arc<Message>> {
        self.timeline(id)?.by_id(message_id)
    }

    pub fn presence(&self, user_id: UserId) -> PresenceStatus {
        self.presence
            .get(&user_id)
            .map_or(PresenceStatus::Offline, |presence| presence.status)
    }

    pub fn last_seen_at(&self, user_id: UserId) -> Option<OffsetDateTime> {
        self.presence.get(&user_id)?.last_seen_at
    }

    /// Who is writing, without me.
    pub fn typing_names(&self, id: ConversationId) -> Vec<&str> {
        let Some(conversation) = self.conversations.get(&id) else {
            return Vec::new();
        };
        let typing = conversation.typing.iter();
        typing
            .filter_map(|(user_id, ())| conversation.name_of(*user_id))
            .collect()
    }
}

fn active_at(head: &ConversationSummary) -> OffsetDateTime {
    head.last_message
        .as_ref()
        .map_or(head.conversation.created_at, |last| last.created_at)
}

/// Me, before the server has said who that is.
fn nobody() -> Account {
    Account {
        user: model::User {
            id: UserId(0),
            username: String::new(),
            name: String::new(),
            avatar_url: None,
            role: UserRole::Member,
            presence: PresenceStatus::Offline,
            last_seen_at: None,
        },
        email: None,
        presence_choice: model::PresenceChoice::default(),
    }
}
