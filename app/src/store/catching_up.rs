//! After a lost connection: from where on messages were missed, which is where the timeline has a line, before the first
//! one of others. It stays until the conversation is opened anew.

use super::{changes::Key, chat_store::ChatStore, missed::Missed};
use model::ConversationId;

impl ChatStore {
    /// The connection is lost.
    pub(super) fn note_lost(&mut self) {
        for conversation in self.conversations.values_mut() {
            if conversation.main.timeline.is_some() {
                let position = conversation.summary.conversation.position;
                conversation.missed.note_lost(position);
            }
        }
    }

    /// After a `sync`. One that has failed is repeated, and nothing waits for that: what is there may be read.
    pub fn note_fetched(&mut self, is_complete: bool) {
        for conversation in self.conversations.values_mut() {
            let position = conversation.summary.conversation.position;
            if conversation.missed.note_fetched(position, is_complete) {
                conversation.changed(Key::Rows);
                // What was not read until now counts as seen, if it is in view.
                conversation.changed(Key::Head);
                self.changes.append(&mut conversation.changes);
            }
        }
    }

    /// Whether there is more in a conversation than before the connection was lost, and not all of it has come. What is
    /// shown until then is not read.
    pub fn is_catching_up(&self, id: ConversationId) -> bool {
        self.conversations.get(&id).is_some_and(|conversation| {
            let position = conversation.summary.conversation.position;
            conversation.missed.is_catching_up(position)
        })
    }

    /// What was missed in a conversation, since it was opened.
    pub fn missed(&self, id: ConversationId) -> Option<Missed> {
        self.conversations.get(&id)?.missed.missed()
    }

    /// How many messages of others were missed, of those that are there and can be read.
    pub fn missed_count(&self, id: ConversationId) -> usize {
        let (Some(missed), Some(timeline)) = (self.missed(id), self.timeline(id)) else {
            return 0;
        };
        let messages = timeline.between(missed.after + 1, missed.until);
        messages
            .filter(|message| self.is_of_others(message))
            .count()
    }

    /// The conversation is opened anew: the line before what is unread says where reading goes on.
    pub fn end_missed(&mut self, id: ConversationId) {
        self.change_conversation(id, |conversation| {
            if conversation.missed.end_missed() {
                conversation.changed(Key::Rows);
            }
        });
    }
}
