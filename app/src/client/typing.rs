//! Reports that the user is typing: `typing:start` at most every 3 s, `typing:stop` after 5 s without
//! a key.

use super::{
    browser,
    connection::{self, TypingPayload, TypingState, with_state},
};
use model::ConversationId;
use time::Duration;

/// How often `typing:start` is repeated while keys come. The server ends a typing 6 s after the last.
const REPEAT_INTERVAL: Duration = Duration::seconds(3);

/// `typing:stop` is sent after this time without a key.
const IDLE_TIMEOUT_MS: u32 = 5_000;

/// Records a key; the composer calls it with each. Typing in another conversation ends.
pub fn record_typing(id: ConversationId) {
    let now = browser::now();
    let (is_due, ended, generation) = with_state(|state| {
        let other = state.typing.take_if(|typing| typing.conversation_id != id);
        let typing = state.typing.get_or_insert(TypingState {
            conversation_id: id,
            // So that the first report is due at once.
            reported_at: now - REPEAT_INTERVAL,
            generation: 0,
        });
        typing.generation += 1;
        // A clock that was set back makes the time negative.
        let is_due = (now - typing.reported_at).abs() >= REPEAT_INTERVAL;
        if is_due {
            typing.reported_at = now;
        }
        (
            is_due,
            other.map(|typing| typing.conversation_id),
            typing.generation,
        )
    });
    if let Some(conversation_id) = ended {
        connection::emit("typing:stop", &TypingPayload { conversation_id });
    }
    if is_due {
        let conversation_id = id;
        connection::emit("typing:start", &TypingPayload { conversation_id });
    }
    browser::spawn(async move {
        browser::sleep(IDLE_TIMEOUT_MS).await;
        let is_idle = with_state(|state| {
            state.typing.as_ref().is_some_and(|typing| {
                typing.conversation_id == id && typing.generation == generation
            })
        });
        if is_idle {
            stop_typing(id);
        }
    });
}

/// Sends `typing:stop` if the server knows of a typing in this conversation.
pub fn stop_typing(conversation_id: ConversationId) {
    if end_typing(conversation_id) {
        connection::emit("typing:stop", &TypingPayload { conversation_id });
    }
}

/// Ends the typing without `typing:stop`, which a sent message implies. Returns whether there was one.
pub(super) fn end_typing(id: ConversationId) -> bool {
    with_state(|state| {
        let ended = state.typing.take_if(|typing| typing.conversation_id == id);
        ended.is_some()
    })
}
