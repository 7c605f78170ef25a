//! How the store changes: by events, by answers of the server, and by what is read from it.

use super::{ChatStore, Outgoing, conversation::ConversationState, members::presence_of};
use model::{
    Account, ConversationId, ConversationSummary, Event, Message, Presence, PresenceStatus,
    Receipt, Sync,
};

impl ChatStore {
    /// What a socket says. An event of the sequence counts once, and in its turn.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Ready {
                user,
                conversations,
                presence,
            } => self.start_over(user, conversations, presence),
            Event::ReceiptUpdated(receipt) => self.take_receipt(&receipt),
            Event::Typing {
                conversation_id,
                user_id,
                typing,
            } => {
                let me = self.me.user.id;
                if let Some(conversation) = self.conversations.get_mut(&conversation_id) {
                    if typing && user_id != me {
                        conversation.typing.insert(user_id, ());
                    } else {
                        conversation.typing.remove(&user_id);
                    }
                }
            }
            Event::PresenceChanged(presence) => self.take_presence(presence),
            Event::UnreadChanged {
                conversation_id,
                mentions,
                ..
            } => {
                if let Some(conversation) = self.conversations.get_mut(&conversation_id) {
                    conversation.head.mentions = mentions;
                    conversation.recount();
                }
            }
            Event::FavoritesChanged { .. } | Event::AnnouncementMade(_) => {}
            event => {
                self.take_sequenced(event, ConversationState::take);
                self.settle();
            }
        }
    }

    /// The answer to a `sync`: each thing once, so that the numbers need not be adjacent.
    pub fn apply_sync(&mut self, sync: Sync) {
        for event in sync.items {
            self.take_sequenced(event, ConversationState::take_synced);
        }
        if !sync.has_more {
            self.strangers.clear();
        }
        self.settle();
    }

    /// A head that was just read or made.
    pub fn add_head(&mut self, head: ConversationSummary) {
        if let Some(peer) = &head.peer {
            self.presence.get_or_insert(peer.id, presence_of(peer));
        }
        let id = head.conversation.id;
        self.strangers.remove(&id);
        match self.conversations.get_mut(&id) {
            Some(conversation) => conversation.refresh(head),
            None => {
                self.conversations.insert(id, ConversationState::new(head));
            }
        }
    }

    /// From here on, what changes in a conversation matters beyond its head. Say so before its
    /// page and its members are read.
    pub fn watch(&mut self, id: ConversationId) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.watched = true;
        }
    }

    /// The newest page, or one around a position: a page that does not touch what is known
    /// replaces it.
    pub fn add_newest(&mut self, id: ConversationId, page: Vec<Message>) {
        self.add_page(id, page, true);
    }

    /// A page next to what is known. It is left out when that has changed meanwhile.
    pub fn add_adjacent(&mut self, id: ConversationId, page: Vec<Message>) {
        self.add_page(id, page, false);
    }

    fn add_page(&mut self, id: ConversationId, page: Vec<Message>, replace: bool) {
        let me = self.me.user.id;
        let Some(conversation) = self.conversations.get_mut(&id) else {
            return;
        };
        let mine = page.iter().filter(|message| message.sender.id == me);
        for client_id in mine.filter_map(|message| message.client_id.as_deref()) {
            self.outbox.remove(client_id);
        }
        conversation.add_page(page, replace, me);
    }

    /// Takes back a message that an earlier page has left in the outbox; not one that has arrived
    /// meanwhile, nor one that has no conversation any more.
    pub fn restore(&mut self, outgoing: Outgoing) -> bool {
        let Some(conversation) = self.conversations.get(&outgoing.conversation_id) else {
            return false;
        };
        let timeline = conversation.timeline.as_ref();
        let is_due = timeline.is_none_or(|it| it.by_client_id(&outgoing.client_id).is_none());
        if is_due {
            self.outbox.push(outgoing);
        }
        is_due
    }

    fn start_over(
        &mut self,
        user: Account,
        heads: Vec<ConversationSummary>,
        presence: Vec<Presence>,
    ) {
        self.me = user;
        self.strangers.clear();
        self.presence.clear();
        let lost: Vec<_> = self
            .conversations
            .iter()
            .filter(|(id, known)| {
                known.head.role.is_some() && heads.iter().all(|head| head.conversation.id != **id)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in lost {
            self.drop_conversation(id);
        }
        for conversation in self.conversations.values_mut() {
            conversation.typing.clear();
        }
        for head in heads {
            self.add_head(head);
        }
        for presence in presence {
            self.take_presence(presence);
        }
    }

    fn take_sequenced(
        &mut self,
        event: Event,
        take: fn(&mut ConversationState, i64, Event, model::UserId),
    ) {
        let Some((id, seq)) = event.seq() else {
            return;
        };
        let me = self.me.user.id;
        match &event {
            Event::MessageCreated { message, .. }
            | Event::MessageUpdated { message, .. }
            | Event::MessageDeleted { message, .. }
                if message.sender.id == me =>
            {
                self.outbox.acknowledge(message);
            }
            Event::MemberAdded { member, .. }
                if member.user.presence != PresenceStatus::Offline =>
            {
                self.presence
                    .get_or_insert(member.user.id, presence_of(&member.user));
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
                self.add_head(conversation.clone());
            }
            _ => {}
        }
        match self.conversations.get_mut(&id) {
            Some(conversation) => take(conversation, seq, event, me),
            None => {
                self.strangers.insert(id, ());
            }
        }
    }

    fn take_receipt(&mut self, receipt: &Receipt) {
        let me = self.me.user.id;
        if let Some(conversation) = self.conversations.get_mut(&receipt.conversation_id) {
            conversation.advance(
                receipt.user_id,
                receipt.read_position,
                receipt.delivered_position,
                me,
            );
        }
    }

    fn take_presence(&mut self, presence: Presence) {
        if presence.status == PresenceStatus::Offline {
            for conversation in self.conversations.values_mut() {
                conversation.typing.remove(&presence.user_id);
            }
        }
        self.presence.insert(presence.user_id, presence);
    }

    fn drop_conversation(&mut self, id: ConversationId) {
        self.conversations.remove(&id);
        self.strangers.remove(&id);
        self.outbox.drop_conversation(id);
    }

    fn settle(&mut self) {
        let conversations = &self.conversations;
        self.outbox
            .settle(|id| conversations.get(&id).map_or(0, |known| known.seq));
    }
}
