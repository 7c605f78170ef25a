//! Conversations as their members have them, found and listed.

use super::kind_text;
use crate::{Caller, Chat, Error, Result, page};
use model::{ConversationId, ConversationKind, ConversationSummary, Page, PageRequest};
use sqlx::types::Json;

/// How many conversations a list that is not asked for in pages may have.
const MOST_LISTED: i64 = 1000;

impl Chat {
    /// The caller's conversations, the one with the newest message first.
    pub async fn conversations(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<ConversationSummary>> {
        let limit = page::limit(page.limit)?;
        let [before, before_id] =
            page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX, i64::MAX]);
        let rows = sqlx::query!(
            r#"select id as "id!", json as "json!: Json<ConversationSummary>", at as "at!" from (
                select id, json, (extract(epoch from active_at) * 1000000)::bigint as at
                from conversation_summaries where caller_id = $1 and role is not null
            ) h where (at, id) < ($2, $3)
            order by at desc, id desc limit $4"#,
            caller.user_id.0,
            before,
            before_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let heads = page::cut(rows, limit, |row| format!("{}.{}", row.at, row.id));
        Ok(Page {
            items: heads
                .items
                .into_iter()
                .map(|row| self.head_with_presence(row.json.0))
                .collect(),
            next_cursor: heads.next_cursor,
        })
    }

    /// Public channels that the caller could join, whose title contains the query.
    pub async fn open_channels(
        &self,
        caller: &Caller,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<ConversationSummary>> {
        let limit = page::limit(page.limit)?;
        let [after] = page::numbers(page.cursor.as_deref())?.unwrap_or([0]);
        let heads = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is null and not private and id > $2
                and lower(title) like lower($3)
            order by id limit $4"#,
            caller.user_id.0,
            after,
            page::contains(query),
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let heads = heads.into_iter().map(|Json(head)| head).collect();
        Ok(page::cut(heads, limit, |head: &ConversationSummary| {
            head.conversation.id.to_string()
        }))
    }

    pub async fn conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<ConversationSummary> {
        let head = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and id = $2 and (role is not null or not private)"#,
            caller.user_id.0,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let Json(head) = head.ok_or(Error::NotFound("conversation"))?;
        Ok(self.head_with_presence(head))
    }

    /// The caller's conversations of these kinds, the one with the newest message first; the first
    /// thousand.
    pub async fn conversations_of(
        &self,
        caller: &Caller,
        kinds: &[ConversationKind],
    ) -> Result<Vec<ConversationSummary>> {
        let kinds: Vec<_> = kinds.iter().map(|it| kind_text(*it).to_owned()).collect();
        let heads = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is not null and id = any(array(
                select c.id from members m join conversations c on c.id = m.conversation_id
                where m.user_id = $1 and m.left_at is null and c.kind = any($2)
            )) order by active_at desc, id desc limit $3"#,
            caller.user_id.0,
            &kinds,
            MOST_LISTED
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(self.present_heads(heads))
    }

    pub(crate) fn present_heads(
        &self,
        heads: Vec<Json<ConversationSummary>>,
    ) -> Vec<ConversationSummary> {
        let heads = heads.into_iter();
        heads
            .map(|Json(head)| self.head_with_presence(head))
            .collect()
    }
}
