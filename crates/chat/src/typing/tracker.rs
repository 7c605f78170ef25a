//! `TypingTracker`: who is typing where.

use model::{ConversationId, MessageId, UserId};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Where somebody types: in the main line of a conversation, or in one of its threads.
pub type TypingPlace = (ConversationId, Option<MessageId>);

#[derive(Default)]
pub struct TypingTracker(Mutex<TypingState>);

#[derive(Default)]
struct TypingState {
    generation: u64,
    /// Those who are typing, each with the generation of the latest renewal.
    latest: HashMap<(TypingPlace, UserId), u64>,
}

impl TypingTracker {
    /// Notes typing, or renews it. Returns its generation, and whether it begins with this.
    pub fn start(&self, key: (TypingPlace, UserId)) -> (u64, bool) {
        let mut state = self.lock();
        state.generation += 1;
        let generation = state.generation;
        (generation, state.latest.insert(key, generation).is_none())
    }

    pub fn is_typing(&self, key: (TypingPlace, UserId)) -> bool {
        self.lock().latest.contains_key(&key)
    }

    /// Ends typing; with a generation only if it is the latest. Returns whether anything ended.
    pub fn stop(&self, key: (TypingPlace, UserId), generation: Option<u64>) -> bool {
        let mut state = self.lock();
        let ends = state
            .latest
            .get(&key)
            .is_some_and(|latest| generation.is_none_or(|it| it == *latest));
        if ends {
            state.latest.remove(&key);
        }
        ends
    }

    /// Ends all typing of a user in a conversation, and returns where it was.
    pub fn stop_in(&self, id: ConversationId, user_id: UserId) -> Vec<TypingPlace> {
        let mut state = self.lock();
        let ended = state
            .latest
            .extract_if(|((place, _), user), _| *place == id && *user == user_id);
        ended.map(|((place, _), _)| place).collect()
    }

    /// Ends all typing of a user, and returns where it was.
    pub fn stop_all(&self, user_id: UserId) -> Vec<TypingPlace> {
        let mut state = self.lock();
        let ended = state.latest.extract_if(|(_, id), _| *id == user_id);
        ended.map(|((place, _), _)| place).collect()
    }

    fn lock(&self) -> MutexGuard<'_, TypingState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
