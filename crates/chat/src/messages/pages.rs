//! Pages of messages: by position (cursor paging), and by page number (offset paging).

use super::{message_rows, messages};
use crate::{
    Caller, Chat, OffsetPage, OffsetPageRequest, Result, page,
    page_walks::{NumberedList, PageEnd},
};
use model::{ConversationId, Message, Page};

/// The part of a conversation that a page is read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageAnchor {
    #[default]
    Newest,
    /// The nearest messages with positions below this one.
    Before(i64),
    /// The nearest messages with positions above this one.
    After(i64),
    /// Half of the page below this position, half from it on.
    Around(i64),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessagesRequest {
    pub anchor: PageAnchor,
    /// 1 to 100; 50 when absent.
    pub limit: Option<i64>,
    /// Leaves out the replies that are in threads only. Pages of a thread have none but replies.
    pub main_line: bool,
}

impl Chat {
    /// Oldest first, with tombstones of deleted messages. `next_cursor` is the position to continue
    /// from: as `Before` for `Newest` and `Before`, as `After` for `After`; `Around` has none.
    pub async fn messages(
        &self,
        caller: &Caller,
        id: ConversationId,
        request: MessagesRequest,
    ) -> Result<Page<Message>> {
        let limit = page::limit(request.limit)?;
        let main_line = request.main_line;
        let below = async |position, limit| {
            if main_line {
                self.main_line_below(caller, id, position, limit).await
            } else {
                self.backwards(caller, id, position, limit).await
            }
        };
        let above = async |position, limit| {
            if main_line {
                self.main_line_above(caller, id, position, limit).await
            } else {
                self.forwards(caller, id, position, limit).await
            }
        };
        match request.anchor {
            PageAnchor::Newest => below(i64::MAX, limit).await,
            PageAnchor::Before(position) => below(position, limit).await,
            PageAnchor::After(position) => above(position, limit).await,
            PageAnchor::Around(position) => {
                let mut before = below(position, limit / 2).await?;
                let rest = limit - limit / 2;
                let after = above(position.saturating_sub(1), rest).await?;
                before.items.extend(after.items);
                Ok(Page {
                    items: before.items,
                    next_cursor: None,
                })
            }
        }
    }

    /// A numbered page, oldest first on every page, without deleted messages. Members only.
    pub async fn page_of_messages(
        &self,
        caller: &Caller,
        id: ConversationId,
        page: OffsetPageRequest,
    ) -> Result<OffsetPage<Message>> {
        self.require_member(caller, id).await?;
        let (limit, offset) = page.window()?;
        let walk = page.walk(
            caller,
            NumberedList::Messages {
                id,
                newest_first: page.newest_first_pages,
            },
        );
        let end = self.0.page_walks.end_before(&walk, page.page).await;
        let total = self.count_messages(id).await?;
        let items = match end {
            Some(end) => {
                self.messages_beyond(id, end.id, limit, page.newest_first_pages)
                    .await?
            }
            None if page.newest_first_pages => {
                let rest = total.saturating_sub(offset);
                let first = rest.saturating_sub(limit).max(0) + 1;
                self.messages_from(id, first, rest.clamp(0, limit)).await?
            }
            None => self.messages_from(id, offset.min(total) + 1, limit).await?,
        };
        let last = if page.newest_first_pages {
            items.first()
        } else {
            items.last()
        };
        let end = last.map(|it| PageEnd {
            at: 0,
            id: it.position,
        });
        self.0.page_walks.note(walk, page.page, end).await;
        Ok(OffsetPage { items, total })
    }

    /// The nearest messages that are not deleted: below a position, or above it. Oldest first.
    async fn messages_beyond(
        &self,
        id: ConversationId,
        position: i64,
        limit: i64,
        below: bool,
    ) -> Result<Vec<Message>> {
        let mut db = self.0.db.acquire().await?;
        let rows = if below {
            let query = message_rows!(
                "where id = any(array(
                    select id from messages
                    where conversation_id = $1 and position < $2 and deleted_at is null
                    order by position desc limit $3
                )) order by position",
                id.0,
                position,
                limit
            );
            query.fetch_all(&mut *db).await?
        } else {
            let query = message_rows!(
                "where id = any(array(
                    select id from messages
                    where conversation_id = $1 and position > $2 and deleted_at is null
                    order by position limit $3
                )) order by position",
                id.0,
                position,
                limit
            );
            query.fetch_all(&mut *db).await?
        };
        messages(&mut db, rows).await
    }

    /// The number of messages in a conversation that are not deleted.
    async fn count_messages(&self, id: ConversationId) -> Result<i64> {
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

    /// `limit` messages from the `nth` (from 1) that is not deleted. Positions are dense, so only the
    /// deleted messages have to be counted to find it.
    async fn messages_from(
        &self,
        id: ConversationId,
        nth: i64,
        limit: i64,
    ) -> Result<Vec<Message>> {
        let mut db = self.0.db.acquire().await?;
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
        .fetch_all(&mut *db)
        .await?;
        messages(&mut db, rows).await
    }

    /// The page below a position, of a conversation that the caller may see, oldest first.
    ///
    /// The inner `limit 101` is the largest page plus one (see `page::limit`). With a parameter as
    /// the only limit the planner assumes a tenth of the conversation, rejects the generic plan, and
    /// plans every call anew, which takes longer than reading a page.
    async fn backwards(
        &self,
        caller: &Caller,
        id: ConversationId,
        before: i64,
        limit: i64,
    ) -> Result<Page<Message>> {
        let mut db = self.0.db.acquire().await?;
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
        .fetch_all(&mut *db)
        .await?;
        let messages = messages(&mut db, rows).await?;
        drop(db);
        let mut page = self.page_of_rows(caller, id, messages, limit).await?;
        page.items.reverse();
        Ok(page)
    }

    /// The page above a position; otherwise like `backwards`.
    async fn forwards(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: i64,
        limit: i64,
    ) -> Result<Page<Message>> {
        let mut db = self.0.db.acquire().await?;
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
        .fetch_all(&mut *db)
        .await?;
        let messages = messages(&mut db, rows).await?;
        drop(db);
        self.page_of_rows(caller, id, messages, limit).await
    }

    /// As `backwards`, without replies that are in threads only.
    async fn main_line_below(
        &self,
        caller: &Caller,
        id: ConversationId,
        before: i64,
        limit: i64,
    ) -> Result<Page<Message>> {
        let mut db = self.0.db.acquire().await?;
        let rows = message_rows!(
            "where id = any(array(
                select id from (
                    select m.id from messages m
                    left join thread_messages r on r.message_id = m.id
                    where m.conversation_id = (select conversation_id from visible_conversations
                        where conversation_id = $1 and user_id = $2)
                    and m.position < $3 and r.threads_position is null
                    order by m.position desc limit 101
                ) nearest limit $4
            )) order by position desc",
            id.0,
            caller.user_id.0,
            before,
            limit + 1
        )
        .fetch_all(&mut *db)
        .await?;
        let messages = messages(&mut db, rows).await?;
        drop(db);
        let mut page = self.page_of_rows(caller, id, messages, limit).await?;
        page.items.reverse();
        Ok(page)
    }

    /// As `forwards`, without replies that are in threads only.
    async fn main_line_above(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: i64,
        limit: i64,
    ) -> Result<Page<Message>> {
        let mut db = self.0.db.acquire().await?;
        let rows = message_rows!(
            "where id = any(array(
                select id from (
                    select m.id from messages m
                    left join thread_messages r on r.message_id = m.id
                    where m.conversation_id = (select conversation_id from visible_conversations
                        where conversation_id = $1 and user_id = $2)
                    and m.position > $3 and r.threads_position is null
                    order by m.position limit 101
                ) nearest limit $4
            )) order by position",
            id.0,
            caller.user_id.0,
            after,
            limit + 1
        )
        .fetch_all(&mut *db)
        .await?;
        let messages = messages(&mut db, rows).await?;
        drop(db);
        self.page_of_rows(caller, id, messages, limit).await
    }

    /// A query without rows is an empty page for callers who may see the conversation, and
    /// `NotFound` for others.
    async fn page_of_rows(
        &self,
        caller: &Caller,
        id: ConversationId,
        messages: Vec<Message>,
        limit: i64,
    ) -> Result<Page<Message>> {
        if messages.is_empty() {
            self.require_visible(caller, id).await?;
        }
        Ok(page::cut(messages, limit, |message: &Message| {
            message.position.to_string()
        }))
    }
}
