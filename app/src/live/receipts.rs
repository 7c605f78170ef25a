//! Tells the server how far I have received and read: not with every message, but soon.

use super::{
    Live, browser,
    wires::{self, UpTo},
};
use crate::store::{LinkState, Map};
use model::{ConversationId, Event};
use serde::Deserialize;

const SOON_MILLIS: u32 = 250;

#[derive(PartialEq, Eq, Deserialize)]
struct Done {}

impl Live {
    /// I have seen all up to this position. Call it as often as you like: it only moves forward.
    pub fn mark_read(self, id: ConversationId, position: i64) {
        let moves = self.store.with_untracked(|store| {
            store
                .head(id)
                .is_some_and(|head| head.role.is_some() && head.read_position < position)
        });
        if !moves {
            return;
        }
        self.store.update(|store| store.read(id, position));
        wires::with(|wires| forward(&mut wires.read, id, position));
        self.report_soon();
    }

    /// A message of somebody else has arrived.
    pub(super) fn note_delivered(self, event: &Event) {
        if let Event::MessageCreated {
            conversation_id,
            message,
            ..
        } = event
            && message.sender.id != self.store.with_untracked(|store| store.me.user.id)
        {
            wires::with(|wires| {
                forward(&mut wires.delivered, *conversation_id, message.position);
            });
            self.report_soon();
        }
    }

    /// All that is unread has at least arrived.
    pub(super) fn note_all_delivered(self) {
        self.store.with_untracked(|store| {
            wires::with(|wires| {
                for head in store.heads().into_iter().filter(|head| head.unread > 0) {
                    let conversation = &head.conversation;
                    forward(&mut wires.delivered, conversation.id, conversation.position);
                }
            });
        });
    }

    pub(super) fn report_soon(self) {
        if wires::with(|wires| std::mem::replace(&mut wires.reporting, true)) {
            return;
        }
        browser::spawn(async move {
            browser::sleep(SOON_MILLIS).await;
            wires::with(|wires| wires.reporting = false);
            if self
                .store
                .with_untracked(|store| store.link() == LinkState::Online)
            {
                self.report().await;
            }
        });
    }

    async fn report(self) {
        let (read, mut delivered) = wires::with(|wires| {
            (
                std::mem::take(&mut wires.read),
                std::mem::take(&mut wires.delivered),
            )
        });
        // Read implies delivered.
        delivered.retain(|id, position| read.get(id).is_none_or(|read| read < position));
        for (event, positions) in [
            ("conversation:read", read),
            ("conversation:delivered", delivered),
        ] {
            for (conversation_id, position) in positions {
                let payload = UpTo {
                    conversation_id,
                    position,
                };
                let answer = wires::ask::<Done>(event, &payload).await;
                if answer == Err(wires::NoAnswer::Lost) {
                    // The next `ready` takes it up again.
                    wires::with(|wires| {
                        let waiting = match event {
                            "conversation:read" => &mut wires.read,
                            _ => &mut wires.delivered,
                        };
                        forward(waiting, conversation_id, position);
                    });
                }
            }
        }
    }
}

fn forward(positions: &mut Map<ConversationId, i64>, id: ConversationId, position: i64) {
    let known = positions.get_or_insert(id, 0);
    *known = position.max(*known);
}
