//! Delivered: a message is, once a socket of a recipient has taken it. The first one is enough: a
//! receipt of each to each would be as many as the square of the members.

use chat::{Caller, Chat};
use model::{ConversationId, Event, UserId};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// What may wait to be written down. Beyond it the next message makes up for what was lost.
const CAPACITY: usize = 4096;
const AT_ONCE: usize = 512;

pub struct Sender(mpsc::Sender<Taken>);

struct Taken {
    by: Caller,
    conversation_id: ConversationId,
    position: i64,
}

/// Writes down what was delivered, beside the dispatcher, which must not wait for it.
pub fn start(chat: Chat) -> Sender {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    tokio::spawn(write(chat, receiver));
    Sender(sender)
}

impl Sender {
    pub fn note(&self, event: &Event, callers: &[Caller]) {
        let Event::MessageSent { message, .. } = event else {
            return;
        };
        let recipient = callers.iter().find(|it| it.user_id != message.sender.id);
        if let Some(by) = recipient {
            let _ = self.0.try_send(Taken {
                by: *by,
                conversation_id: message.conversation_id,
                position: message.position,
            });
        }
    }
}

/// Ends with the door.
async fn write(chat: Chat, mut receiver: mpsc::Receiver<Taken>) {
    let mut taken = Vec::with_capacity(AT_ONCE);
    while receiver.recv_many(&mut taken, AT_ONCE).await > 0 {
        // Positions only rise: the last one of each says it all.
        let latest: HashMap<(ConversationId, UserId), Taken> = taken
            .drain(..)
            .map(|it| ((it.conversation_id, it.by.user_id), it))
            .collect();
        for taken in latest.into_values() {
            let (id, position) = (taken.conversation_id, taken.position);
            if let Err(error) = chat.mark_delivered(&taken.by, id, position).await {
                tracing::debug!(?error, "a delivery could not be written down");
            }
        }
    }
}
