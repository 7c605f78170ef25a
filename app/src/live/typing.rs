//! Tells the others that I am writing: seldom enough, and no longer than it is true.

use super::{
    Live, browser,
    wires::{self, InConversation, Typing},
};
use model::ConversationId;
use time::Duration;

/// The server forgets a typing after six seconds.
const AGAIN: Duration = Duration::seconds(3);
const IDLE_MILLIS: u32 = 5_000;

impl Live {
    /// I am writing. Call it with every key.
    pub fn typing(self, id: ConversationId) {
        let now = browser::now();
        let (tell, left, strokes) = wires::with(|wires| {
            let other = wires.typing.take_if(|typing| typing.conversation_id != id);
            let typing = wires.typing.get_or_insert(Typing {
                conversation_id: id,
                told_at: now - AGAIN,
                strokes: 0,
            });
            typing.strokes += 1;
            let tell = now - typing.told_at >= AGAIN;
            if tell {
                typing.told_at = now;
            }
            (
                tell,
                other.map(|typing| typing.conversation_id),
                typing.strokes,
            )
        });
        if let Some(conversation_id) = left {
            wires::emit("typing:stop", &InConversation { conversation_id });
        }
        if tell {
            let conversation_id = id;
            wires::emit("typing:start", &InConversation { conversation_id });
        }
        browser::spawn(async move {
            browser::sleep(IDLE_MILLIS).await;
            let is_idle = wires::with(|wires| {
                wires
                    .typing
                    .as_ref()
                    .is_some_and(|typing| typing.conversation_id == id && typing.strokes == strokes)
            });
            if is_idle {
                self.stop_typing(id);
            }
        });
    }

    /// I have stopped writing.
    pub fn stop_typing(self, conversation_id: ConversationId) {
        if end_typing(conversation_id) {
            wires::emit("typing:stop", &InConversation { conversation_id });
        }
    }
}

/// Stops without telling: a message that is sent says it by itself.
pub(super) fn end_typing(id: ConversationId) -> bool {
    wires::with(|wires| {
        let ended = wires.typing.take_if(|typing| typing.conversation_id == id);
        ended.is_some()
    })
}
