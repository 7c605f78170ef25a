//! Receipts: how far my messages have come, and what I have not read.

use super::{ChatStore, Map, conversation::ConversationState};
use model::{ConversationId, Member, Message};

/// How far a message of mine has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tick {
    Sent,
    /// All others have received it.
    Delivered,
    /// All others have read it.
    Read,
}

impl ChatStore {
    /// Unread messages over all conversations.
    pub fn unread_total(&self) -> i64 {
        let conversations = self.conversations.values();
        conversations
            .map(|conversation| conversation.head.unread)
            .sum()
    }

    /// I have seen all up to this position.
    pub fn read(&mut self, id: ConversationId, position: i64) {
        let me = self.me.user.id;
        if let Some(conversation) = self.conversations.get_mut(&id)
            && conversation.head.role.is_some()
        {
            let position = position.min(conversation.head.conversation.position);
            conversation.advance(me, position, position, me);
        }
    }

    /// How far one of my messages has come; `Sent` while not all members are known.
    pub fn tick(&self, message: &Message) -> Tick {
        let all_known = self
            .conversations
            .get(&message.conversation_id)
            .is_some_and(ConversationState::knows_all_members);
        if !all_known {
            return Tick::Sent;
        }
        let ticks = self.audience(message).map(|member| {
            if member.read_position >= message.position {
                Tick::Read
            } else if member.delivered_position >= message.position {
                Tick::Delivered
            } else {
                Tick::Sent
            }
        });
        ticks.min().unwrap_or(Tick::Sent)
    }

    /// The other members who have read up to this message.
    pub fn readers<'a>(&'a self, message: &'a Message) -> Vec<&'a Member> {
        self.audience(message)
            .filter(|member| member.read_position >= message.position)
            .collect()
    }

    /// Who else was there when a message was written, and still is.
    fn audience<'a>(&'a self, message: &'a Message) -> impl Iterator<Item = &'a Member> {
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
