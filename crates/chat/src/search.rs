//! Search: what was said, by any part of it, where the caller is a member.

use crate::{
    Caller, Chat, Error, OffsetPage, OffsetPageRequest, Result, messages::messages_by_id, page,
};
use model::{ConversationId, Message, Page, PageRequest, UserId};
use time::OffsetDateTime;

const LONGEST_QUERY: usize = 200;

/// What to look for; an absent field does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    pub query: String,
    pub conversation_id: Option<ConversationId>,
    pub sender_id: Option<UserId>,
    pub before: Option<OffsetDateTime>,
    pub after: Option<OffsetDateTime>,
}

/// A search with numbered pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchRequest {
    pub query: String,
    pub conversation_id: Option<ConversationId>,
    pub page: i64,
    pub limit: i64,
}

/// Which part of what was found.
struct Cut {
    /// The message after which to go on.
    after: Option<i64>,
    offset: i64,
    limit: i64,
    /// To know how many there are, all of them have to be found.
    is_counted: bool,
}

impl Chat {
    /// The newest first. Upper and lower case are the same.
    pub async fn search(
        &self,
        caller: &Caller,
        search: &Search,
        page: PageRequest,
    ) -> Result<Page<Message>> {
        let limit = page::limit(page.limit)?;
        let cut = Cut {
            after: page::numbers(page.cursor.as_deref())?.map(|[id]| id),
            offset: 0,
            limit: limit + 1,
            is_counted: false,
        };
        let (messages, _) = self.find_messages(caller, search, &cut).await?;
        Ok(page::cut(messages, limit, |it: &Message| it.id.to_string()))
    }

    /// The same, and how many there are.
    pub async fn search_messages(
        &self,
        caller: &Caller,
        request: SearchRequest,
    ) -> Result<OffsetPage<Message>> {
        let asked = OffsetPageRequest {
            page: request.page,
            limit: request.limit,
            ..OffsetPageRequest::default()
        };
        let (limit, offset) = asked.window()?;
        let search = Search {
            query: request.query,
            conversation_id: request.conversation_id,
            ..Search::default()
        };
        let cut = Cut {
            after: None,
            offset,
            limit,
            is_counted: true,
        };
        let (items, total) = self.find_messages(caller, &search, &cut).await?;
        let total = total.unwrap_or(0);
        Ok(OffsetPage { items, total })
    }

    async fn find_messages(
        &self,
        caller: &Caller,
        search: &Search,
        cut: &Cut,
    ) -> Result<(Vec<Message>, Option<i64>)> {
        let query = search.query.trim();
        if query.is_empty() || query.chars().count() > LONGEST_QUERY {
            return Err(Error::invalid("query", "must have 1 to 200 characters"));
        }
        if let Some(id) = search.conversation_id {
            self.require_member(caller, id).await?;
        }
        let mut db = self.0.db.acquire().await?;
        let found = sqlx::query!(
            r#"select total, ids as "ids!"
            from find_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
            caller.user_id.0,
            page::contains(Some(query)),
            search.conversation_id.map(|id| id.0),
            search.sender_id.map(|id| id.0),
            search.before,
            search.after,
            cut.after,
            cut.limit,
            cut.offset,
            cut.is_counted
        )
        .fetch_one(&mut *db)
        .await?;
        let messages = messages_by_id(&mut db, &found.ids).await?;
        Ok((messages, found.total))
    }
}
