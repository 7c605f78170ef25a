//! Reports that the user is typing: `typing:start` at most every 3 s, `typing:stop` after 5 s without
//! a key.

use super::{
    browser,
    connection::{self, TypingPayload, TypingState, with_state},
};
use model::{ConversationId, MessageId};
use time::Duration;

/// How often `typing:start` is repeated while keys come. The server ends a typing 6 s after the last.
const REPEAT_INTERVAL: Duration = Duration::seconds(3);

/// `typing:stop` is sent after this time without a key.
const IDLE_TIMEOUT_MS: u32 = 5_000;

/// Records a key, in a thread or in the main line. Typing elsewhere ends.
pub(super) fn report_typing(id: ConversationId, thread_id: Option<MessageId>) {
    let now = browser::now();
    let (is_due, ended, generation) = with_state(|state| {
        let is_other = |typing: &mut TypingState| {
            (typing.conversation_id, typing.thread_id) != (id, thread_id)
        };
        let other = state.typing.take_if(is_other);
        let typing = state.typing.get_or_insert(TypingState {
            conversation_id: id,
            thread_id,
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
            other.map(|typing| payload(&typing)),
            typing.generation,
        )
    });
    if let Some(ended) = ended {
        connection::emit("typing:stop", &ended);
    }
    if is_due {
        let started = TypingPayload {
            conversation_id: id,
            thread_id,
        };
        connection::emit("typing:start", &started);
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
    if let Some(ended) = end_typing(conversation_id) {
        connection::emit("typing:stop", &ended);
    }
}

/// Ends the typing without `typing:stop`, which a sent message implies. Returns where it was.
pub(super) fn end_typing(id: ConversationId) -> Option<TypingPayload> {
    with_state(|state| {
        let ended = state.typing.take_if(|typing| typing.conversation_id == id);
        ended.map(|typing| payload(&typing))
    })
}

fn payload(typing: &TypingState) -> TypingPayload {
    TypingPayload {
        conversation_id: typing.conversation_id,
        thread_id: typing.thread_id,
    }
}
