//! Reactions: one emoji, once per person.

use crate::{Caller, Chat, Result};
use model::{Message, MessageId};

impl Chat {
    /// Harmless when it is there already; so is the removal of what is not.
    pub async fn add_reaction(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: &str,
    ) -> Result<Message> {
        todo!()
    }
    pub async fn remove_reaction(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: &str,
    ) -> Result<Message> {
        todo!()
    }
}
