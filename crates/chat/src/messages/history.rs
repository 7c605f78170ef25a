//! History of a conversation: the messages before a cursor, which is a message or a time.

use super::{message_rows, messages};
use crate::{Caller, Chat, Error, Result, page};
use model::{ConversationId, Message, MessageId};
use time::OffsetDateTime;

/// A page of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagesBefore {
    /// Oldest first.
    pub items: Vec<Message>,
    /// Whether older messages exist.
    pub has_more: bool,
}

impl Chat {
    /// The newest messages, or the newest before `cursor`, without deleted ones. The message of the
    /// cursor may have been deleted. Members only; `limit` is 1 to 100.
    pub async fn messages_before(
        &self,
        caller: &Caller,
        id: ConversationId,
        cursor: Option<MessageId>,
        limit: i64,
    ) -> Result<MessagesBefore> {
        self.require_member(caller, id).await?;
        let limit = page::limit(Some(limit))?;
        let before = match cursor {
            Some(cursor) => self.position_in(id, cursor).await?,
            None => i64::MAX,
        };
        let mut db = self.0.db.acquire().await?;
        let rows = message_rows!(
            "where id = any(array(
                select id from messages
                where conversation_id = $1 and position < $2 and deleted_at is null
                order by position desc limit $3
            )) order by position desc",
            id.0,
            before,
            limit + 1
        )
        .fetch_all(&mut *db)
        .await?;
        let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > page_size;
        let mut items = messages(&mut db, rows).await?;
        items.truncate(page_size);
        items.reverse();
        Ok(MessagesBefore { items, has_more })
    }

    /// The newest messages that were written before a time, without deleted ones. Clients keep
    /// times in milliseconds and continue from the oldest message that they have, so the page also
    /// has every message of the oldest one's millisecond, and may be longer than `limit` (1 to
    /// 100). Members only.
    pub async fn messages_before_time(
        &self,
        caller: &Caller,
        id: ConversationId,
        before: Option<OffsetDateTime>,
        limit: i64,
    ) -> Result<MessagesBefore> {
        self.require_member(caller, id).await?;
        let limit = page::limit(Some(limit))?;
        let before = page::time("before", before)?;
        let mut db = self.0.db.acquire().await?;
        let rows = message_rows!(
            "where id = any(array(
                select id from messages
                where conversation_id = $1 and deleted_at is null and created_at >= (
                    select date_trunc('milliseconds', min(created_at)) from (
                        select created_at from messages
                        where conversation_id = $1 and deleted_at is null
                            and created_at < coalesce(date_trunc('milliseconds', $2::timestamptz), 'infinity')
                        order by created_at desc limit $3
                    ) newest
                )
                and created_at < coalesce(date_trunc('milliseconds', $2::timestamptz), 'infinity')
            )) order by created_at, position",
            id.0,
            before,
            limit
        )
        .fetch_all(&mut *db)
        .await?;
        let items = messages(&mut db, rows).await?;
        // What comes next takes a connection of the pool, too.
        drop(db);
        let has_more = match items.first() {
            Some(oldest) => self.has_before_time(id, oldest.created_at).await?,
            None => false,
        };
        Ok(MessagesBefore { items, has_more })
    }

    /// Returns whether a message that is not deleted was written before the millisecond of this
    /// time.
    async fn has_before_time(&self, id: ConversationId, time: OffsetDateTime) -> Result<bool> {
        let earlier = sqlx::query_scalar!(
            "select id from messages where conversation_id = $1 and deleted_at is null
                and created_at < date_trunc('milliseconds', $2::timestamptz)
            order by created_at desc limit 1",
            id.0,
            time
        )
        .fetch_optional(&self.0.db)
        .await?;
        Ok(earlier.is_some())
    }

    /// The position of the cursor's message, which may be deleted.
    async fn position_in(&self, id: ConversationId, message_id: MessageId) -> Result<i64> {
        let position = sqlx::query_scalar!(
            "select position from messages where id = $1 and conversation_id = $2",
            message_id.0,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        position.ok_or_else(|| Error::invalid("cursor", "names no message of this conversation"))
    }
}
