//! Search: messages whose body contains a text, in the caller's conversations.

use crate::{
    Caller, Chat, Error, OffsetPage, OffsetPageRequest, Result,
    messages::messages_by_id,
    page,
    page_walks::{NumberedList, PageEnd},
    text,
};
use model::{ConversationId, Message, Page, PageRequest, UserId};
use time::OffsetDateTime;

/// In characters.
const MAX_QUERY: usize = 200;

/// The text, and optional filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    pub query: String,
    pub conversation_id: Option<ConversationId>,
    pub sender_id: Option<UserId>,
    pub before: Option<OffsetDateTime>,
    pub after: Option<OffsetDateTime>,
}

/// A search with numbered pages: `page` from 1, `limit` 1 to 100.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchRequest {
    pub query: String,
    pub conversation_id: Option<ConversationId>,
    pub page: i64,
    pub limit: i64,
}

/// The part of the results that is read.
struct Window {
    /// The id of the last message of the previous page.
    after: Option<i64>,
    offset: i64,
    limit: i64,
    /// Whether the total is counted, for which every result has to be found.
    is_counted: bool,
}

impl Chat {
    /// Messages that contain `query` (1 to 200 characters, regardless of case and composition), the newest first.
    /// `NotFound` when `conversation_id` names a conversation that the caller is not a member of.
    pub async fn search(
        &self,
        caller: &Caller,
        search: &Search,
        page: PageRequest,
    ) -> Result<Page<Message>> {
        let limit = page::limit(page.limit)?;
        let window = Window {
            after: page::numbers(page.cursor.as_deref())?.map(|[id]| id),
            offset: 0,
            limit: limit + 1,
            is_counted: false,
        };
        let (messages, _) = self.find_messages(caller, search, &window).await?;
        Ok(page::cut(messages, limit, |it: &Message| it.id.to_string()))
    }

    /// The same with numbered pages, and the total.
    pub async fn search_messages(
        &self,
        caller: &Caller,
        request: SearchRequest,
    ) -> Result<OffsetPage<Message>> {
        let page = OffsetPageRequest {
            page: request.page,
            limit: request.limit,
            ..OffsetPageRequest::default()
        };
        let (limit, offset) = page.window()?;
        let search = Search {
            query: request.query,
            conversation_id: request.conversation_id,
            ..Search::default()
        };
        let walk = page.walk(
            caller,
            NumberedList::Found {
                id: search.conversation_id,
                query: search.query.chars().take(MAX_QUERY + 1).collect(),
            },
        );
        let before = self.0.page_walks.end_before(&walk, page.page).await;
        let window = Window {
            after: before.map(|it| it.id),
            offset: if before.is_some() { 0 } else { offset },
            limit,
            is_counted: true,
        };
        let (items, total) = self.find_messages(caller, &search, &window).await?;
        let end = items.last().map(|it| PageEnd { at: 0, id: it.id.0 });
        self.0.page_walks.note(walk, page.page, end).await;
        let total = total.unwrap_or(0);
        Ok(OffsetPage { items, total })
    }

    async fn find_messages(
        &self,
        caller: &Caller,
        search: &Search,
        window: &Window,
    ) -> Result<(Vec<Message>, Option<i64>)> {
        let query = search.query.trim();
        if text::is_blank(query) || query.chars().count() > MAX_QUERY {
            return Err(Error::invalid("q", "must have 1 to 200 characters"));
        }
        let before = page::time("before", search.before)?;
        let after = page::time("after", search.after)?;
        if let Some(id) = search.conversation_id {
            self.require_member(caller, id).await?;
        }
        let mut db = self.0.db.acquire().await?;
        let found = sqlx::query!(
            r#"select total, ids as "ids!"
            from find_messages($1, contains_pattern($2), $3, $4, $5, $6, $7, $8, $9, $10)"#,
            caller.user_id.0,
            query,
            search.conversation_id.map(|id| id.0),
            search.sender_id.map(|id| id.0),
            before,
            after,
            window.after,
            window.limit,
            window.offset,
            window.is_counted
        )
        .fetch_one(&mut *db)
        .await?;
        let messages = messages_by_id(&mut db, &found.ids).await?;
        Ok((messages, found.total))
    }
}
