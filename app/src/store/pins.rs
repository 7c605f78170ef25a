//! Pins of a conversation, and which messages the user has saved.

use super::{changes::Key, chat_store::ChatStore, conversation::ConversationState, map::Map};
use model::{ConversationId, ConversationKind, MemberRole, Message, MessageId};
use std::{cmp::Reverse, sync::Arc};

impl ChatStore {
    /// The pinned messages, the one that was pinned last first. `None` before they have been loaded.
    pub fn pins(&self, id: ConversationId) -> Option<Vec<Arc<Message>>> {
        let pins = self.conversations.get(&id)?.pins.as_ref()?.values();
        let by_time = pins.map(|message| {
            let at = message.pinned.as_ref().map(|pin| pin.at);
            ((Reverse(at), Reverse(message.id)), Arc::clone(message))
        });
        Some(by_time.collect::<Map<_, _>>().into_values().collect())
    }

    /// The number of pinned messages; 0 before they have been loaded.
    pub fn pin_count(&self, id: ConversationId) -> usize {
        let conversation = self.conversations.get(&id);
        let pins = conversation.and_then(|conversation| conversation.pins.as_ref());
        pins.map_or(0, Map::len)
    }

    /// Takes the pins that were just read. What an event has said since stays.
    pub fn set_pins(&mut self, id: ConversationId, pins: Vec<Message>) {
        self.change_conversation(id, |conversation| conversation.set_pins(pins));
    }

    /// Whether the user pins messages: in channels owners and admins do, elsewhere whoever writes.
    pub fn may_pin(&self, id: ConversationId) -> bool {
        self.summary(id).is_some_and(|summary| {
            let is_channel = summary.conversation.kind == ConversationKind::Channel;
            summary.may_write() && (!is_channel || summary.role >= Some(MemberRole::Admin))
        })
    }

    /// Whether the user has saved a message; `None` where that is not known.
    pub fn is_saved(&self, id: MessageId) -> Option<bool> {
        self.saved.get(&id).copied()
    }

    pub fn set_saved(&mut self, id: MessageId, is_saved: bool) {
        if self.saved.insert(id, is_saved) != Some(is_saved) {
            self.changes.add(Key::Saved);
        }
    }
}

impl ConversationState {
    fn set_pins(&mut self, pins: Vec<Message>) {
        let known = self.pins.take().unwrap_or_default();
        let mut now = Map::default();
        for message in pins {
            let newer = known.get(&message.id).filter(|it| it.seq > message.seq);
            now.insert(
                message.id,
                newer.cloned().unwrap_or_else(|| Arc::new(message)),
            );
        }
        self.pins = Some(now);
        self.changed(Key::Pins);
    }

    /// Takes what a changed message says of its pin.
    pub(super) fn place_pin(&mut self, message: &Arc<Message>) {
        let Some(pins) = &mut self.pins else { return };
        let is_pinned = message.pinned.is_some() && message.deleted_at.is_none();
        let known = pins.get(&message.id);
        if !is_pinned && known.is_none() || known.is_some_and(|known| known.seq > message.seq) {
            return;
        }
        if is_pinned {
            pins.insert(message.id, Arc::clone(message));
        } else {
            pins.remove(&message.id);
        }
        self.changed(Key::Pins);
    }
}
