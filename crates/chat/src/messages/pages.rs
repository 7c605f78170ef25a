//! Messages in pages: by position, and by number.

use super::{MessageRow, message_rows, messages};
use crate::{Caller, Chat, OffsetPage, OffsetPageRequest, Result, page};
use model::{ConversationId, Message, Page};

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageAnchor {
    #[default]
    Newest,
    /// Positions below this one, the nearest.
    Before(i64),
    /// Positions above this one, the nearest.
    After(i64),
    /// Half before, half from this one on.
    Around(i64),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessagesRequest {
    pub anchor: PageAnchor,
    pub limit: Option<i64>,
}

impl Chat {
    /// Oldest first. `nextCursor` is the position to go on from, in the direction of the anchor
    /// (`before` it for the newest page, `after` it for `After`; none for `Around`).
    pub async fn messages(
        &self,
        caller: &Caller,
        id: ConversationId,
        request: MessagesRequest,
    ) -> Result<Page<Message>> {
        let limit = page::limit(request.limit)?;
        match request.anchor {
            PageAnchor::Newest => self.backwards(caller, id, i64::MAX, limit).await,
            PageAnchor::Before(position) => self.backwards(caller, id, position, limit).await,
            PageAnchor::After(position) => self.forwards(caller, id, position, limit).await,
            PageAnchor::Around(position) => {
                let mut before = self.backwards(caller, id, position, limit / 2).await?;
                let rest = limit - limit / 2;
                let after = self
                    .forwards(caller, id, position.saturating_sub(1), rest)
                    .await?;
                before.items.extend(after.items);
                Ok(Page {
                    items: before.items,
                    next_cursor: None,
                })
            }
        }
    }

    /// Oldest first on every page, without what was deleted. Members only.
    pub async fn page_of_messages(
        &self,
        caller: &Caller,
        id: ConversationId,
        page: OffsetPageRequest,
    ) -> Result<OffsetPage<Message>> {
        self.require_member(caller, id).await?;
        let (limit, offset) = page.window()?;
        let total = self.present_messages(id).await?;
        let (first, count) = if page.newest_first_pages {
            let rest = total.saturating_sub(offset);
            (rest.saturating_sub(limit).max(0) + 1, rest.clamp(0, limit))
        } else {
            (offset.min(total) + 1, limit)
        };
        Ok(OffsetPage {
            items: self.present_from(id, first, count).await?,
            total,
        })
    }

    /// How many messages a conversation has that are not deleted.
    async fn present_messages(&self, id: ConversationId) -> Result<i64> {
        let count = sqlx::query_scalar!(
            r#"select position - (select count(*) from messages
                where conversation_id = $1 and deleted_at is not null) as "count!"
            from conversations where id = $1"#,
            id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(count)
    }

    /// From the nth message that is not deleted. Positions are dense, so that only the deleted
    /// ones need counting.
    async fn present_from(&self, id: ConversationId, nth: i64, limit: i64) -> Result<Vec<Message>> {
        let rows = message_rows!(
            "where id = any(array(
                select id from messages
                where conversation_id = $1 and deleted_at is null and position >= $2 + (
                    select count(*) from (
                        select position - row_number() over (order by position) as present_before
                        from messages where conversation_id = $1 and deleted_at is not null
                    ) deleted where present_before < $2
                )
                order by position limit $3
            )) order by position",
            id.0,
            nth,
            limit
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(messages(rows))
    }

    /// Of what the caller may see. The inner limit, which no page reaches (see `page::limit`), is for
    /// the planner: with an argument alone it expects a tenth of the conversation, and plans every
    /// page anew, which takes longer than reading one.
    async fn backwards(
        &self,
        caller: &Caller,
        id: ConversationId,
        before: i64,
        limit: i64,
    ) -> Result<Page<Message>> {
        let rows = message_rows!(
            "where id = any(array(
                select id from (
                    select id from messages
                    where conversation_id = (select conversation_id from visible_conversations
                        where conversation_id = $1 and user_id = $2)
                    and position < $3 order by position desc limit 101
                ) nearest limit $4
            )) order by position desc",
            id.0,
            caller.user_id.0,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let mut page = self.page_of_rows(caller, id, rows, limit).await?;
        page.items.reverse();
        Ok(page)
    }

    /// See `backwards`.
    async fn forwards(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: i64,
        limit: i64,
    ) -> Result<Page<Message>> {
        let rows = message_rows!(
            "where id = any(array(
                select id from (
                    select id from messages
                    where conversation_id = (select conversation_id from visible_conversations
                        where conversation_id = $1 and user_id = $2)
                    and position > $3 order by position limit 101
                ) nearest limit $4
            )) order by position",
            id.0,
            caller.user_id.0,
            after,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        self.page_of_rows(caller, id, rows, limit).await
    }

    /// No rows are an empty page only to those who may look at the conversation.
    async fn page_of_rows(
        &self,
        caller: &Caller,
        id: ConversationId,
        rows: Vec<MessageRow>,
        limit: i64,
    ) -> Result<Page<Message>> {
        if rows.is_empty() {
            self.require_visible(caller, id).await?;
        }
        Ok(page::cut(messages(rows), limit, |message: &Message| {
            message.position.to_string()
        }))
    }
}
