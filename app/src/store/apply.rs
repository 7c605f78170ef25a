//! How the store changes: by events of the socket, by the response to a `sync`, by pages. Called by
//! `client/lifecycle.rs` for each event; after a reconnect by `resume` there, through `resync.rs`.
//! Each change records the keys of what it has changed (`changes.rs`).

use super::{
    changes::Key, chat_store::ChatStore, conversation::ConversationState, outbox::Outgoing,
    timeline::Stretch,
};
use model::{
    Account, ConversationId, ConversationSummary, Event, Favorite, MAX_READY_CONVERSATIONS,
    Presence, PresenceStatus, Receipt, Sync,
};

impl ChatStore {
    /// Applies an event of the socket. An event with a sequence number is applied once and in order:
    /// one that comes early is buffered, one that comes again is ignored.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Ready {
                user,
                conversations,
                presence,
            } => self.reset(user, conversations, presence),
            Event::ReceiptUpdated(receipt) => self.apply_receipt(&receipt),
            Event::Typing {
                conversation_id,
                user_id,
                typing,
                thread_id,
            } => {
                let is_other = typing && user_id != self.me.user.id;
                self.change_conversation(conversation_id, |conversation| {
                    if is_other {
                        conversation.set_typing(user_id, thread_id);
                    } else {
                        conversation.end_typing(user_id);
                    }
                });
            }
            Event::PresenceChanged(presence) => self.apply_presence(presence),
            Event::UserUpdated { profile } => self.apply_profile(&profile),
            Event::UnreadChanged {
                conversation_id,
                unread,
                mentions,
                read_position,
                marked_unread,
                ..
            } => {
                let me = self.me.user.id;
                self.change_conversation(conversation_id, |conversation| {
                    conversation.take_unread(read_position, marked_unread, unread, mentions, me);
                });
            }
            Event::FavoritesChanged { favorites } => {
                self.set_favorites(
                    favorites
                        .iter()
                        .filter_map(Favorite::conversation)
                        .collect(),
                );
            }
            Event::ThreadChanged(state) => self.set_thread_state(state),
            Event::SavedChanged { message_id, saved } => {
                self.set_saved(message_id, saved.is_some());
            }
            Event::AnnouncementMade(_) => {}
            event => {
                self.apply_sequenced(event, ConversationState::apply);
                self.remove_settled();
            }
        }
    }

    /// Applies the response to a `sync`, which has the latest change of each message and member: its
    /// sequence numbers are not adjacent.
    pub fn apply_sync(&mut self, sync: Sync) {
        for event in sync.items {
            self.apply_sequenced(event, ConversationState::apply_synced);
        }
        for profile in &sync.profiles {
            self.apply_profile(profile);
        }
        for receipt in &sync.receipts {
            self.apply_receipt(receipt);
        }
        if !sync.has_more {
            self.unknown_conversations.clear();
            self.note_fetched(true);
        }
        self.remove_settled();
    }

    /// Adds or refreshes the summary of a conversation.
    pub fn add_summary(&mut self, summary: ConversationSummary) {
        if let Some(peer) = &summary.peer {
            self.learn_presence(peer);
        }
        let id = summary.conversation.id;
        self.unknown_conversations.remove(&id);
        if self.conversations.contains(&id) {
            self.change_conversation(id, |conversation| conversation.refresh(summary));
        } else {
            self.conversations
                .insert(id, ConversationState::new(summary));
            self.replaced(id);
            self.reorder(id);
        }
    }

    /// Marks a conversation as open: from here on its messages and members are kept up to date, not
    /// only its summary. Call it before they are requested.
    pub fn watch(&mut self, id: ConversationId) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.watched = true;
        }
    }

    /// Merges the newest page, or one around a position, into the timeline. A page that does not touch
    /// the timeline replaces it.
    pub fn merge_page(&mut self, id: ConversationId, page: impl Into<Stretch>) {
        self.add_page(id, page.into(), true);
    }

    /// Adds a page next to the timeline. It is dropped if it does not touch the timeline any more.
    pub fn add_adjacent(&mut self, id: ConversationId, page: impl Into<Stretch>) {
        self.add_page(id, page.into(), false);
    }

    fn add_page(&mut self, id: ConversationId, page: Stretch, replace: bool) {
        let me = self.me.user.id;
        if !self.conversations.contains(&id) {
            return;
        }
        self.remove_sent(&page.messages);
        self.change_conversation(id, |conversation| conversation.add_page(page, replace, me));
    }

    /// Restores a message of an earlier page's outbox. Returns false, and drops it, if it has arrived
    /// meanwhile. It has failed if its conversation is gone; where there may be conversations that are not
    /// loaded yet, sending it finds that out.
    pub fn restore(&mut self, mut outgoing: Outgoing) -> bool {
        let id = outgoing.conversation_id;
        let conversation = self.conversations.get(&id);
        let timeline = self.line(id, outgoing.thread_id);
        let has_arrived = timeline.is_some_and(|it| it.by_client_id(&outgoing.client_id).is_some());
        if has_arrived {
            return false;
        }
        // The announcements are not named while there are none, and `sync` may yet name others.
        let is_whole = self.conversations.len() < MAX_READY_CONVERSATIONS;
        if conversation.is_none() && is_whole && id != ConversationId::ANNOUNCEMENTS {
            outgoing.fail_as_lost();
        }
        self.outbox_mut().push(outgoing);
        true
    }

    /// Applies `Event::Ready`: summaries and presence of all conversations. Those that it does not name
    /// are dropped if the user was a member, unless there may be more than it names: then `sync` tells
    /// which are gone.
    fn reset(
        &mut self,
        user: Account,
        summaries: Vec<ConversationSummary>,
        presence: Vec<Presence>,
    ) {
        self.me = user;
        self.changes.add(Key::Me);
        self.unknown_conversations.clear();
        for (id, _) in std::mem::take(&mut self.presence) {
            self.changes.add(Key::Presence(id));
        }
        let is_whole = summaries.len() < MAX_READY_CONVERSATIONS;
        let lost: Vec<_> = self
            .conversations
            .iter()
            .filter(|(id, known)| {
                // Not named while there are none: an administrator writes the first one.
                is_whole
                    && **id != ConversationId::ANNOUNCEMENTS
                    && known.summary.role.is_some()
                    && summaries
                        .iter()
                        .all(|summary| summary.conversation.id != **id)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in lost {
            self.drop_conversation(id);
        }
        self.clear_typing();
        for summary in summaries {
            self.add_summary(summary);
        }
        for presence in presence {
            self.apply_presence(presence);
        }
    }

    fn apply_sequenced(
        &mut self,
        event: Event,
        apply: fn(&mut ConversationState, i64, Event, model::UserId),
    ) {
        let Some((id, seq)) = event.seq() else {
            return;
        };
        let me = self.me.user.id;
        match &event {
            Event::MessageCreated { message, .. }
            | Event::MessageUpdated { message, .. }
            | Event::MessageDeleted { message, .. }
                if message.sender.id == me && self.outbox.acknowledge(message) =>
            {
                self.changes.add(Key::Outbox);
            }
            Event::MemberAdded { member, .. }
                if member.user.presence != PresenceStatus::Offline =>
            {
                self.learn_presence(&member.user);
            }
            Event::ConversationRemoved { .. } => {
                if self
                    .conversations
                    .get(&id)
                    .is_some_and(|known| known.seq <= seq)
                {
                    self.drop_conversation(id);
                }
                return;
            }
            Event::ConversationCreated { conversation, .. }
                if !self.conversations.contains(&id) =>
            {
                self.add_summary(conversation.clone());
            }
            _ => {}
        }
        if self.conversations.contains(&id) {
            self.change_conversation(id, |conversation| apply(conversation, seq, event, me));
        } else {
            self.unknown_conversations.insert(id, ());
        }
    }

    /// The user's own receipt says how far they have ever read, which is too far where they have marked messages as
    /// unread: summaries and `unread:changed` say how far they have read.
    fn apply_receipt(&mut self, receipt: &Receipt) {
        let me = self.me.user.id;
        let read = if receipt.user_id == me {
            0
        } else {
            receipt.read_position
        };
        self.change_conversation(receipt.conversation_id, |conversation| {
            conversation.advance(receipt.user_id, read, receipt.delivered_position, me);
        });
    }

    fn apply_presence(&mut self, presence: Presence) {
        if presence.status == PresenceStatus::Offline {
            for conversation in self.conversations.values_mut() {
                conversation.end_typing(presence.user_id);
                self.changes.append(&mut conversation.changes);
            }
        }
        self.changes.add(Key::Presence(presence.user_id));
        self.presence.insert(presence.user_id, presence);
    }

    fn drop_conversation(&mut self, id: ConversationId) {
        self.conversations.remove(&id);
        self.unknown_conversations.remove(&id);
        self.order.retain(|known| *known != id);
        self.replaced(id);
        self.outbox_mut().fail_conversation(id);
    }

    /// A conversation is there, or is gone.
    fn replaced(&mut self, id: ConversationId) {
        let of_it = [
            Key::Head,
            Key::Rows,
            Key::Members,
            Key::Receipts,
            Key::Typing,
            Key::Pins,
        ];
        for key in of_it {
            self.changes.add(key(id));
        }
        for key in [Key::Order, Key::Titles, Key::Unread, Key::Outbox] {
            self.changes.add(key);
        }
    }

    fn remove_settled(&mut self) {
        let conversations = &self.conversations;
        let known = |id| conversations.get(&id).map_or(i64::MAX, |known| known.seq);
        if self.outbox.remove_settled(known) {
            self.changes.add(Key::Outbox);
        }
    }
}
