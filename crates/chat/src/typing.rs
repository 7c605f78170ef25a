//! Who is writing: told to the others, and over by itself.

use crate::{Audience, Caller, Chat, Delivery, Result, nodes::Word};
use model::{ConversationId, Event, UserId};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Clients say it again while the typing goes on.
const EXPIRY: Duration = Duration::from_secs(6);

/// Other nodes are told again while it goes on, and a little late.
const EXPIRY_ELSEWHERE: Duration = Duration::from_secs(8);

#[derive(Default)]
pub struct Typists(Mutex<Strokes>);

#[derive(Default)]
struct Strokes {
    count: u64,
    /// Who types where, and the number of their latest keystroke.
    latest: HashMap<(ConversationId, UserId), u64>,
}

impl Typists {
    /// The number of this keystroke, and whether the typing begins with it.
    fn start(&self, key: (ConversationId, UserId)) -> (u64, bool) {
        let mut strokes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        strokes.count += 1;
        let stroke = strokes.count;
        (stroke, strokes.latest.insert(key, stroke).is_none())
    }

    /// Whether this ended a typing; with a stroke only if none has come since.
    fn stop(&self, key: (ConversationId, UserId), stroke: Option<u64>) -> bool {
        let mut strokes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = strokes
            .latest
            .get(&key)
            .is_some_and(|last| stroke.is_none_or(|it| it == *last));
        if ends {
            strokes.latest.remove(&key);
        }
        ends
    }

    /// Where this user was typing, and does so no more.
    fn stop_all(&self, user_id: UserId) -> Vec<ConversationId> {
        let mut strokes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = strokes.latest.extract_if(|(_, id), _| *id == user_id);
        ended.map(|((id, _), _)| id).collect()
    }
}

impl Chat {
    /// Typing ends by itself after some seconds, and with the message that was typed.
    pub async fn set_typing(
        &self,
        caller: &Caller,
        id: ConversationId,
        typing: bool,
    ) -> Result<()> {
        self.require_member(caller, id).await?;
        if !typing {
            self.stop_typing(id, caller.user_id);
            return Ok(());
        }
        self.begin_typing(id, caller.user_id, EXPIRY);
        self.say_typing(id, caller.user_id, true);
        Ok(())
    }

    /// Ends by itself, unless it is said again.
    fn begin_typing(&self, id: ConversationId, user_id: UserId, expiry: Duration) {
        let (stroke, begins) = self.0.typing.start((id, user_id));
        if begins {
            self.tell_typing(id, user_id, true);
        }
        let chat = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(expiry).await;
            if chat.0.typing.stop((id, user_id), Some(stroke)) {
                chat.tell_typing(id, user_id, false);
            }
        });
    }

    pub(crate) fn stop_typing(&self, id: ConversationId, user_id: UserId) {
        if self.0.typing.stop((id, user_id), None) {
            self.tell_typing(id, user_id, false);
            self.say_typing(id, user_id, false);
        }
    }

    /// Whoever has gone types no more.
    pub(crate) fn stop_typing_anywhere(&self, user_id: UserId) {
        for id in self.0.typing.stop_all(user_id) {
            self.tell_typing(id, user_id, false);
            self.say_typing(id, user_id, false);
        }
    }

    /// On another node.
    pub(crate) fn hear_typing(&self, id: ConversationId, user_id: UserId, typing: bool) {
        if typing {
            self.begin_typing(id, user_id, EXPIRY_ELSEWHERE);
        } else if self.0.typing.stop((id, user_id), None) {
            self.tell_typing(id, user_id, false);
        }
    }

    fn say_typing(&self, conversation_id: ConversationId, user_id: UserId, typing: bool) {
        self.say(|| Word::Typing {
            conversation_id,
            user_id,
            typing,
        });
    }

    /// Each node tells its own doors: its typists are the same.
    fn tell_typing(&self, conversation_id: ConversationId, user_id: UserId, typing: bool) {
        self.0.events.tell_here(Delivery::Emit {
            audience: Audience::Conversations(vec![conversation_id]),
            except: Some(user_id),
            event: Event::Typing {
                conversation_id,
                user_id,
                typing,
            },
        });
    }
}
