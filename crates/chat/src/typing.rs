//! Who is writing: told to the others, and over by itself.

use crate::{Caller, Chat, Result};
use model::ConversationId;

#[derive(Default)]
pub struct Typists {}

impl Chat {
    /// Typing ends by itself after some seconds, and with the message that was typed.
    pub async fn set_typing(
        &self,
        caller: &Caller,
        id: ConversationId,
        typing: bool,
    ) -> Result<()> {
        todo!()
    }
}
