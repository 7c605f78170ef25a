//! Receipts: the delivery status of the user's messages, and the unread count.

use super::{chat_store::ChatStore, conversation::ConversationState, map::Map};
use model::{ConversationId, Member, Message, MessageKind, Unread};

/// The delivery status of a message that the user sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryStatus {
    Sent,
    /// All other members have received it.
    Delivered,
    /// All other members have read it.
    Read,
}

impl ChatStore {
    /// The unread messages of all conversations; of those that are muted, the ones that mention the user.
    pub fn unread_total(&self) -> i64 {
        let conversations = self.conversations.values();
        let all: i64 = conversations
            .map(|conversation| conversation.summary.unread)
            .sum();
        let muted = self.muted.iter().filter_map(|id| self.summary(*id));
        let quiet: i64 = muted.map(|it| it.unread - it.mentions).sum();
        all - quiet
    }

    /// Whether the user has marked messages of a conversation as unread, and has not opened it anew since:
    /// what is shown is not read until then.
    pub fn is_marked_unread(&self, id: ConversationId) -> bool {
        let conversation = self.conversations.get(&id);
        conversation.is_some_and(|conversation| conversation.is_marked_unread)
    }

    /// The user has marked the messages after a position as unread.
    pub fn mark_unread(&mut self, id: ConversationId, read_position: i64, counts: &Unread) {
        let (unread, mentions) = (counts.unread, counts.mentions);
        self.change_conversation(id, |conversation| {
            conversation.mark_unread(read_position, unread, mentions);
        });
    }

    /// The conversation is opened anew: what is shown of it is read again.
    pub fn end_marked_unread(&mut self, id: ConversationId) {
        self.change_conversation(id, |conversation| conversation.is_marked_unread = false);
    }

    /// Marks all messages up to a position as read, at most up to the newest message.
    pub fn mark_read(&mut self, id: ConversationId, position: i64) {
        let me = self.me.user.id;
        self.change_conversation(id, |conversation| {
            if conversation.summary.role.is_some() {
                let position = position.min(conversation.summary.conversation.position);
                conversation.advance(me, position, position, me);
            }
        });
    }

    /// The delivery status of a message of the user; `Sent` while not all members have been loaded.
    pub fn delivery_status(&self, message: &Message) -> DeliveryStatus {
        let all_known = self
            .conversations
            .get(&message.conversation_id)
            .is_some_and(ConversationState::knows_all_members);
        if !all_known {
            return DeliveryStatus::Sent;
        }
        let statuses = self.recipients(message).map(|member| {
            if member.read_position >= message.position {
                DeliveryStatus::Read
            } else if member.delivered_position >= message.position {
                DeliveryStatus::Delivered
            } else {
                DeliveryStatus::Sent
            }
        });
        statuses.min().unwrap_or(DeliveryStatus::Sent)
    }

    /// The status that a message of the user shows: none where a later one has it, too.
    pub fn shown_status(&self, message: &Message) -> Option<DeliveryStatus> {
        let status = self.delivery_status(message);
        let timeline = self.timeline(message.conversation_id)?;
        let mut later = timeline.between(message.position + 1, timeline.last());
        let next = later.find(|it| {
            it.sender.id == message.sender.id
                && it.kind != MessageKind::System
                && it.deleted_at.is_none()
        });
        let is_last = next.is_none_or(|next| self.delivery_status(next) < status);
        is_last.then_some(status)
    }

    /// The other members whose read position has reached a message.
    pub fn readers<'a>(&'a self, message: &'a Message) -> Vec<&'a Member> {
        self.recipients(message)
            .filter(|member| member.read_position >= message.position)
            .collect()
    }

    /// The other members who had joined when a message was sent, and still are members.
    fn recipients<'a>(&'a self, message: &'a Message) -> impl Iterator<Item = &'a Member> {
        let members = self
            .conversations
            .get(&message.conversation_id)
            .and_then(|conversation| conversation.members.as_ref());
        let members = members.into_iter().flat_map(Map::values);
        members.filter(|member| {
            member.user.id != message.sender.id && member.joined_at <= message.created_at
        })
    }
}
