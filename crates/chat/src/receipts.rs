//! Receipts: how far each member has received and read. Positions only move forward.

use crate::{Caller, Chat, Result};
use model::{ConversationId, Unread, UnreadTotals};

impl Chat {
    /// Read implies delivered. A position behind the present one changes nothing.
    pub async fn mark_read(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
    ) -> Result<Unread> {
        todo!()
    }
    /// The client has received all up to this position.
    pub async fn mark_delivered(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
    ) -> Result<()> {
        todo!()
    }
    pub async fn unread(&self, caller: &Caller) -> Result<UnreadTotals> {
        todo!()
    }
}
