//! The line where history healed: before the first message of others that was missed while there was no connection. It
//! stays until the conversation is opened anew.

use super::{changes::Key, chat_store::ChatStore, conversation::ConversationState};
use model::ConversationId;

/// What was missed in a conversation: the positions after the first one, up to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    pub after: i64,
    pub until: i64,
}

impl ConversationState {
    /// The connection is lost. What comes from here on is missed, until it is fetched.
    fn note_lost(&mut self) {
        if self.lost_at.is_none() && self.main.timeline.is_some() {
            self.lost_at = Some(self.summary.conversation.position);
        }
    }

    /// What was missed has been fetched, as far as it could be.
    fn note_caught_up(&mut self) {
        let until = self.summary.conversation.position;
        let Some(after) = self.lost_at.take() else {
            return;
        };
        if after < until {
            self.missed = Some(Missed { after, until });
        }
        // What was not read until now counts as seen, if it is in view.
        self.changed(Key::Rows);
    }
}

impl ChatStore {
    pub(super) fn note_lost(&mut self) {
        for conversation in self.conversations.values_mut() {
            conversation.note_lost();
        }
    }

    /// After a `sync`, also one that has failed: what is there is read, and what is not comes later.
    pub fn note_caught_up(&mut self) {
        for conversation in self.conversations.values_mut() {
            conversation.note_caught_up();
            self.changes.append(&mut conversation.changes);
        }
    }

    /// Whether there is more in a conversation than before the connection was lost, and not all of it has come. What is
    /// shown until then is not read.
    pub fn is_catching_up(&self, id: ConversationId) -> bool {
        self.conversations.get(&id).is_some_and(|conversation| {
            let position = conversation.summary.conversation.position;
            conversation
                .lost_at
                .is_some_and(|lost_at| lost_at < position)
        })
    }

    /// What was missed in a conversation, since it was opened.
    pub fn missed(&self, id: ConversationId) -> Option<Missed> {
        self.conversations.get(&id)?.missed
    }

    /// How many messages of others were missed, of those that are there.
    pub fn missed_count(&self, id: ConversationId) -> usize {
        let (Some(missed), Some(timeline)) = (self.missed(id), self.timeline(id)) else {
            return 0;
        };
        let messages = timeline.between(missed.after + 1, missed.until);
        let of_others = messages.filter(|message| message.sender.id != self.me.user.id);
        of_others.count()
    }

    /// The conversation is opened anew: the line before what is unread says where reading goes on.
    pub fn end_missed(&mut self, id: ConversationId) {
        self.change_conversation(id, |conversation| {
            if conversation.missed.take().is_some() {
                conversation.changed(Key::Rows);
            }
        });
    }
}
