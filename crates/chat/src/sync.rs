//! What a client missed: the change feed of a conversation, and of all of them.

use crate::{Caller, Chat, Result};
use model::{Changes, ConversationId, Event, Sync, SyncRequest};

impl Chat {
    /// Where everything stands, for a client that has just connected: `Event::Ready`.
    pub async fn ready(&self, caller: &Caller) -> Result<Event> {
        todo!()
    }
    /// The conversations that the caller is a member of.
    pub async fn memberships(&self, caller: &Caller) -> Result<Vec<ConversationId>> {
        todo!()
    }
    /// All that changed in one conversation after a seq, in order, each thing once.
    pub async fn changes(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: i64,
        limit: Option<i64>,
    ) -> Result<Changes> {
        todo!()
    }
    /// All that changed anywhere since the client's seqs; conversations that it does not name come
    /// as `ConversationCreated`, those it has lost as `ConversationRemoved`.
    pub async fn sync(&self, caller: &Caller, request: SyncRequest) -> Result<Sync> {
        todo!()
    }
}
