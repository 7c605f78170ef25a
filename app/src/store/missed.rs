//! The line before what was missed: the first message that came late, because the connection was lost or an event had not
//! come. It goes with the next message, once somebody has seen it.

use super::{
    changes::Key, chat_store::ChatStore, conversation::ConversationState, timeline::Timeline,
};
use model::{ConversationId, Event, UserId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missed {
    /// The position that the line is after.
    after: i64,
    is_seen: bool,
}

impl ConversationState {
    /// Applies an event of a `sync` after the first: a message of others that is new here was missed.
    pub fn apply_missed(&mut self, seq: i64, event: Event, me: UserId) {
        if let Event::MessageCreated { message, .. } = &event {
            let last = self.main.timeline.as_ref().map(Timeline::last);
            let is_new = last.is_some_and(|last| last < message.position);
            let has_row = message.is_in_main_line() && message.deleted_at.is_none();
            let is_marked = self.missed.is_some_and(|missed| !missed.is_seen);
            if is_new && has_row && message.sender.id != me && !is_marked {
                self.set_missed(Some(Missed {
                    after: message.position - 1,
                    is_seen: false,
                }));
            }
        }
        self.apply_synced(seq, event, me);
    }

    /// Before a live event.
    pub fn pass_missed(&mut self, event: &Event) {
        let is_message = matches!(event, Event::MessageCreated { .. });
        if is_message && self.missed.is_some_and(|missed| missed.is_seen) {
            self.set_missed(None);
        }
    }

    fn set_missed(&mut self, missed: Option<Missed>) {
        self.missed = missed;
        self.changed(Key::Rows);
    }
}

impl ChatStore {
    /// The position that the line is after.
    pub fn missed_after(&self, id: ConversationId) -> Option<i64> {
        Some(self.conversations.get(&id)?.missed?.after)
    }

    /// How many messages of others are after the line.
    pub fn missed_count(&self, id: ConversationId) -> usize {
        let (Some(after), Some(timeline)) = (self.missed_after(id), self.timeline(id)) else {
            return 0;
        };
        let missed = timeline.between(after + 1, i64::MAX);
        missed
            .filter(|message| message.sender.id != self.me.user.id)
            .count()
    }

    /// Somebody has seen the line.
    pub fn note_missed_seen(&mut self, id: ConversationId) {
        if let Some(conversation) = self.conversations.get_mut(&id)
            && let Some(missed) = &mut conversation.missed
        {
            missed.is_seen = true;
        }
    }

    /// The conversation is opened: its line before what is unread says the same.
    pub fn end_missed(&mut self, id: ConversationId) {
        self.change_conversation(id, |conversation| {
            if conversation.missed.is_some() {
                conversation.set_missed(None);
            }
        });
    }
}
