//! What an opened conversation begins with.

use crate::{
    client::{ChatClient, place},
    store::Place,
};
use model::{ConversationId, MessageId};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Opening {
    /// The newest message.
    End,
    /// Where reading stopped.
    Unread,
    /// Where the user was when they left the conversation.
    Place(Place),
    /// The message of the address.
    Message(MessageId),
}

impl Opening {
    /// With the position that the window is around.
    pub fn of(client: ChatClient, id: ConversationId, message: Option<MessageId>) -> (Self, i64) {
        client.store.with_untracked(|store| {
            let position = |message| Some(store.message(id, message)?.position);
            if let Some(message) = message {
                return (Self::Message(message), position(message).unwrap_or(END));
            }
            if let Some(place) = place(id)
                && let Some(position) = position(place.message)
            {
                return (Self::Place(place), position);
            }
            match store.summary(id).filter(|summary| summary.unread > 0) {
                Some(summary) => (Self::Unread, summary.read_position + 1),
                None => (Self::End, END),
            }
        })
    }
}

/// A position that no message has.
const END: i64 = i64::MAX;
