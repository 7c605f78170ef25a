//! Conversations: found, created, changed and left.

use crate::{Caller, Chat, Result};
use model::{ConversationChanges, ConversationId, Head, NewConversation, Page, PageRequest};

pub struct CreatedConversation {
    pub head: Head,
    /// A direct one that was there, or a retry with the same `clientId`.
    pub existed: bool,
}

impl Chat {
    pub async fn create_conversation(
        &self,
        caller: &Caller,
        new: NewConversation,
    ) -> Result<CreatedConversation> {
        todo!()
    }
    /// The caller's conversations, the one with the newest message first.
    pub async fn conversations(&self, caller: &Caller, page: PageRequest) -> Result<Page<Head>> {
        todo!()
    }
    /// Public channels that the caller could join, whose title contains the query.
    pub async fn open_channels(
        &self,
        caller: &Caller,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Head>> {
        todo!()
    }
    pub async fn conversation(&self, caller: &Caller, id: ConversationId) -> Result<Head> {
        todo!()
    }
    pub async fn update_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
        changes: ConversationChanges,
    ) -> Result<Head> {
        todo!()
    }
    pub async fn delete_conversation(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        todo!()
    }
    /// Becomes a member of a public channel; harmless when already one.
    pub async fn join_conversation(&self, caller: &Caller, id: ConversationId) -> Result<Head> {
        todo!()
    }
    pub async fn leave_conversation(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        todo!()
    }
}
