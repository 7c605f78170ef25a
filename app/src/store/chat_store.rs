//! The store itself: its state, and the questions that components ask.

use super::{
    changes::{Changes, Key},
    connection_status::ConnectionStatus,
    conversation::ConversationState,
    initial_state::InitialState,
    map::Map,
    outbox::Outbox,
    timeline::{Stretch, Timeline},
};
use model::{
    Account, ConversationId, ConversationSummary, Event, Message, MessageId, MessageKind, Presence,
    PresenceChoice, PresenceStatus, ThreadState, UserId, UserRole,
};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatStore {
    pub me: Account,
    pub(super) outbox: Outbox,
    pub(super) connection_status: ConnectionStatus,
    pub(super) conversations: Map<ConversationId, ConversationState>,
    /// Conversations of received events that the store lacks; a `sync` brings them.
    pub(super) unknown_conversations: Map<ConversationId, ()>,
    pub(super) presence: Map<UserId, Presence>,
    /// The user's part of threads, as far as the server has told it.
    pub(super) thread_states: Map<MessageId, ThreadState>,
    /// Whether the user has saved a message, where that is known.
    pub(super) saved: Map<MessageId, bool>,
    /// The conversations, the most recently active first.
    pub(super) order: Vec<ConversationId>,
    /// The conversations that the user has marked, in their order.
    pub(super) favorites: Vec<ConversationId>,
    /// The conversations that the user has muted, by id.
    pub(super) muted: Vec<ConversationId>,
    /// What has changed since `take_changes`.
    pub(super) changes: Changes,
}

impl ChatStore {
    pub fn new(initial: InitialState) -> Self {
        let mut store = Self {
            me: placeholder_account(),
            outbox: Outbox::default(),
            connection_status: ConnectionStatus::default(),
            conversations: Map::default(),
            unknown_conversations: Map::default(),
            presence: Map::default(),
            thread_states: Map::default(),
            saved: Map::default(),
            order: Vec::new(),
            favorites: initial.favorites,
            muted: initial.muted,
            changes: Changes::default(),
        };
        if let Some(open) = initial.open {
            if let Event::Ready { user, .. } = &initial.ready {
                store.me = user.clone();
            }
            let (id, position) = (
                open.summary.conversation.id,
                open.summary.conversation.position,
            );
            store.add_summary(open.summary);
            store.watch(id);
            store.add_members(id, open.members);
            let mut page = Stretch::from(open.page.items);
            if open.is_newest {
                page = page.up_to(position);
            }
            store.merge_page(id, page);
        }
        store.apply(initial.ready);
        store
    }

    pub fn connection_status(&self) -> ConnectionStatus {
        self.connection_status
    }

    pub fn set_connection_status(&mut self, status: ConnectionStatus) {
        let before = std::mem::replace(&mut self.connection_status, status);
        self.changes.add(Key::Link);
        if status != ConnectionStatus::Online {
            if before == ConnectionStatus::Online {
                self.note_lost();
            }
            // The events that end typing do not arrive while offline.
            self.clear_typing();
        }
    }

    /// The keys of what has changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub fn outbox_mut(&mut self) -> &mut Outbox {
        self.changes.add(Key::Outbox);
        &mut self.outbox
    }

    pub fn set_presence_choice(&mut self, choice: PresenceChoice) {
        self.me.presence_choice = choice;
        self.changes.add(Key::Me);
    }

    /// Whether others have written a message, and have not deleted it.
    pub fn is_of_others(&self, message: &Message) -> bool {
        message.sender.id != self.me.user.id
            && message.kind != MessageKind::System
            && message.deleted_at.is_none()
    }

    pub(super) fn clear_typing(&mut self) {
        for conversation in self.conversations.values_mut() {
            conversation.clear_typing();
            self.changes.append(&mut conversation.changes);
        }
    }

    /// Changes a conversation, if the store has it, and takes down what was changed.
    pub(super) fn change_conversation(
        &mut self,
        id: ConversationId,
        change: impl FnOnce(&mut ConversationState),
    ) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            change(conversation);
            self.take_down(id);
        }
    }

    fn take_down(&mut self, id: ConversationId) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            self.changes.append(&mut conversation.changes);
            let arrivals = std::mem::take(&mut conversation.arrivals);
            self.count_arrivals(arrivals);
            self.reorder(id);
        }
    }

    /// Puts a conversation that has changed into its place among the others.
    pub(super) fn reorder(&mut self, id: ConversationId) {
        let rank = |id: ConversationId| (self.summary(id).map(active_at), id);
        let before = self.order.iter().position(|known| *known == id);
        if let Some(at) = before {
            let is_sorted = |pair: &[ConversationId]| rank(pair[0]) > rank(pair[1]);
            let neighbours = &self.order[at.saturating_sub(1)..(at + 2).min(self.order.len())];
            if neighbours.windows(2).all(is_sorted) {
                return;
            }
        }
        let mut order = self.order.clone();
        order.retain(|known| *known != id);
        let at = order.partition_point(|known| rank(*known) > rank(id));
        order.insert(at, id);
        self.order = order;
        self.changes.add(Key::Order);
    }

    /// The sequence number up to which each conversation of the user is known: the request of a `sync`.
    pub fn known_seqs(&self) -> Map<ConversationId, i64> {
        let conversations = self.conversations.iter();
        conversations
            .filter(|(_, conversation)| conversation.summary.role.is_some())
            .map(|(id, conversation)| (*id, conversation.seq))
            .collect()
    }

    /// Conversations whose members are shown, of which a `sync` returns the receipts.
    pub fn watched(&self) -> Vec<ConversationId> {
        let conversations = self.conversations.iter();
        conversations
            .filter(|(_, conversation)| conversation.watched)
            .map(|(id, _)| *id)
            .collect()
    }

    /// Whether an event is missing, so that a `sync` is due.
    pub fn is_behind(&self) -> bool {
        !self.unknown_conversations.is_empty()
            || self
                .conversations
                .values()
                .any(ConversationState::is_behind)
    }

    /// The conversations that the user is a member of, the most recently active first.
    pub fn summaries(&self) -> Vec<&ConversationSummary> {
        let all = self.order.iter().filter_map(|id| self.summary(*id));
        all.filter(|summary| summary.role.is_some()).collect()
    }

    /// The conversations that the user has marked, in their order.
    pub fn favorites(&self) -> &[ConversationId] {
        &self.favorites
    }

    pub fn set_favorites(&mut self, favorites: Vec<ConversationId>) {
        self.favorites = favorites;
        self.changes.add(Key::Favorites);
    }

    /// Whether the user has muted a conversation, which shall not draw their attention.
    pub fn is_muted(&self, id: ConversationId) -> bool {
        self.muted.contains(&id)
    }

    /// The conversations that are muted from now on, by id.
    pub fn set_muted(&mut self, muted: Vec<ConversationId>) {
        if self.muted != muted {
            self.muted = muted;
            self.changes.add(Key::Muted);
        }
    }

    /// A conversation is muted, or no longer.
    pub fn note_muted(&mut self, id: ConversationId, is_muted: bool) {
        let mut muted = self.muted.clone();
        muted.retain(|known| *known != id);
        if is_muted {
            let at = muted.partition_point(|known| *known < id);
            muted.insert(at, id);
        }
        self.set_muted(muted);
    }

    /// The ids of `summaries`, in their order.
    pub fn conversation_ids(&self) -> Vec<ConversationId> {
        let summaries = self.summaries().into_iter();
        summaries.map(|summary| summary.conversation.id).collect()
    }

    pub fn summary(&self, id: ConversationId) -> Option<&ConversationSummary> {
        self.conversations
            .get(&id)
            .map(|conversation| &conversation.summary)
    }

    /// The title of a conversation, or the name of the other user in a direct one.
    pub fn title(&self, id: ConversationId) -> Option<&str> {
        let summary = self.summary(id)?;
        let peer = || Some(summary.peer.as_ref()?.name.as_str());
        summary.conversation.title.as_deref().or_else(peer)
    }

    /// The conversations that the outbox has messages for, and that the user has lost.
    /// `written`: conversations for which something else is kept in the browser.
    pub fn lost_conversations(&self, written: &[ConversationId]) -> Vec<ConversationId> {
        let all = self.outbox.iter().map(|outgoing| outgoing.conversation_id);
        let lost: Map<_, _> = all
            .chain(written.iter().copied())
            .filter(|id| !self.conversations.contains(id))
            .map(|id| (id, ()))
            .collect();
        lost.iter().map(|(id, ())| *id).collect()
    }

    pub fn timeline(&self, id: ConversationId) -> Option<&Timeline> {
        self.conversations.get(&id)?.main.timeline.as_ref()
    }

    /// Whether the conversation has messages before the first of the timeline.
    pub fn has_older(&self, id: ConversationId) -> bool {
        self.timeline(id)
            .and_then(Timeline::first)
            .is_some_and(|position| position > 1)
    }

    /// Whether the conversation has messages after the last of the timeline.
    pub fn has_newer(&self, id: ConversationId) -> bool {
        self.conversations
            .get(&id)
            .is_some_and(ConversationState::has_newer)
    }

    pub fn presence(&self, user_id: UserId) -> PresenceStatus {
        self.presence
            .get(&user_id)
            .map_or(PresenceStatus::Offline, |presence| presence.status)
    }

    pub fn last_seen_at(&self, user_id: UserId) -> Option<OffsetDateTime> {
        self.presence.get(&user_id)?.last_seen_at
    }
}

fn active_at(summary: &ConversationSummary) -> OffsetDateTime {
    summary
        .last_message
        .as_ref()
        .map_or(summary.conversation.created_at, |last| last.created_at)
}

/// Stands for the user until `Event::Ready` is applied.
fn placeholder_account() -> Account {
    Account {
        user: model::User {
            id: UserId(0),
            username: String::new(),
            name: String::new(),
            avatar_url: None,
            role: UserRole::Member,
            presence: PresenceStatus::Offline,
            last_seen_at: None,
            bot: false,
        },
        email: None,
        presence_choice: PresenceChoice::default(),
    }
}
