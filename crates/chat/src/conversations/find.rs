//! Finding and listing conversations, as summaries for the caller.

use super::kind::kind_text;
use crate::{
    Caller, Chat, Error, OffsetPage, OffsetPageRequest, Result, page,
    page_walks::{NumberedList, PageEnd},
    text::{self, clip_preview},
};
use model::{
    ConversationId, ConversationKind, ConversationSummary, MessageKind, Page, PageRequest,
};
use sqlx::types::Json;

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
                from conversation_summaries
                where caller_id = $1 and role is not null and is_listed
            ) h where (at, id) < ($2, $3)
            order by at desc, id desc limit $4"#,
            caller.user_id.0,
            before,
            before_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let page = page::cut(rows, limit, |row| format!("{}.{}", row.at, row.id));
        Ok(Page {
            items: page
                .items
                .into_iter()
                .map(|row| self.complete_summary(row.json.0))
                .collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// The caller's conversations whose title contains the query, and the direct ones with a user whose name or
    /// username does, the one with the newest message first.
    pub async fn conversations_like(
        &self,
        caller: &Caller,
        query: &str,
        page: PageRequest,
    ) -> Result<Page<ConversationSummary>> {
        let query = page::query("query", Some(query))?;
        let limit = page::limit(page.limit)?;
        let [before, before_id] =
            page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX, i64::MAX]);
        let rows = sqlx::query!(
            r#"with found as materialized (
                select c.id, (extract(epoch from coalesce(last.created_at, c.created_at)) * 1000000)::bigint as at
                from memberships k join conversations c on c.id = k.conversation_id
                left join messages last on last.conversation_id = c.id and last.position = c.position
                left join users peer on c.kind = 'direct'
                    and peer.id = case when c.low_user_id = $1 then c.high_user_id else c.low_user_id end
                where k.user_id = $1 and k.left_at is null and (c.id <> 0 or c.position > 0)
                    and (fold_name(coalesce(c.title, peer.name)) like name_pattern($2)
                        or peer.username like name_pattern($2))
            ), wanted as materialized (
                select * from found where (at, id) < ($3, $4) order by at desc, id desc limit $5
            )
            select w.id, w.at as "at!", s.json as "json!: Json<ConversationSummary>"
            -- `offset 0`: one conversation after the other, instead of all that there are.
            from wanted w cross join lateral (
                select json from conversation_summaries where caller_id = $1 and id = w.id offset 0
            ) s
            order by w.at desc, w.id desc"#,
            caller.user_id.0,
            query,
            before,
            before_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let page = page::cut(rows, limit, |row| format!("{}.{}", row.at, row.id));
        let items = page.items.into_iter().map(|row| row.json);
        Ok(Page {
            items: self.complete_summaries(items.collect()),
            next_cursor: page.next_cursor,
        })
    }

    /// Public channels that the caller has not joined, in the order of ids. With a query, those whose
    /// title contains it, regardless of case, composition and accents.
    pub async fn open_channels(
        &self,
        caller: &Caller,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<ConversationSummary>> {
        let query = page::query("query", query)?;
        let limit = page::limit(page.limit)?;
        let [after] = page::numbers(page.cursor.as_deref())?.unwrap_or([0]);
        let channels = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is null and not private and id > $2
                and fold_name(title) like name_pattern($3)
            order by id limit $4"#,
            caller.user_id.0,
            after,
            query,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let channels = self.complete_summaries(channels);
        Ok(page::cut(channels, limit, |it: &ConversationSummary| {
            it.conversation.id.to_string()
        }))
    }

    /// A conversation that the caller is a member of, or a public channel; `NotFound` otherwise.
    pub async fn conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<ConversationSummary> {
        let summary = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and id = $2 and (role is not null or not private)"#,
            caller.user_id.0,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let Json(summary) = summary.ok_or(Error::NotFound("conversation"))?;
        Ok(self.complete_summary(summary))
    }

    /// The caller's conversations of these kinds, the one with the newest message first; at most
    /// `page::MAX_UNPAGED`.
    pub async fn conversations_of(
        &self,
        caller: &Caller,
        kinds: &[ConversationKind],
    ) -> Result<Vec<ConversationSummary>> {
        let kinds: Vec<_> = kinds.iter().map(|it| kind_text(*it).to_owned()).collect();
        let summaries = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is not null and is_listed and id = any(array(
                select c.id from memberships m join conversations c on c.id = m.conversation_id
                where m.user_id = $1 and m.left_at is null and c.kind = any($2)
            )) order by active_at desc, id desc limit $3"#,
            caller.user_id.0,
            &kinds,
            page::MAX_UNPAGED
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(self.complete_summaries(summaries))
    }

    /// A numbered page of the caller's conversations of these kinds, the one with the newest message
    /// first. The announcements are among them once there is one.
    pub async fn page_of_conversations(
        &self,
        caller: &Caller,
        kinds: &[ConversationKind],
        page: OffsetPageRequest,
    ) -> Result<OffsetPage<ConversationSummary>> {
        let (limit, offset) = page.window()?;
        let kinds: Vec<_> = kinds.iter().map(|it| kind_text(*it).to_owned()).collect();
        let walk = page.walk(caller, NumberedList::Conversations(kinds.clone()));
        let before = self.0.page_walks.end_before(&walk, page.page).await;
        let total = sqlx::query_scalar!(
            r#"select count(*) as "count!" from memberships m
            join conversations c on c.id = m.conversation_id
            where m.user_id = $1 and m.left_at is null and c.kind = any($2)
                and (c.id <> 0 or c.position > 0)"#,
            caller.user_id.0,
            &kinds
        )
        .fetch_one(&self.0.db)
        .await?;
        let rows = sqlx::query!(
            r#"select id as "id!", json as "json!: Json<ConversationSummary>",
                (extract(epoch from active_at) * 1000000)::bigint as "at!"
            from conversation_summaries
            where caller_id = $1 and role is not null and id = any(array(
                select c.id from memberships m join conversations c on c.id = m.conversation_id
                left join messages last on last.conversation_id = c.id and last.position = c.position
                where m.user_id = $1 and m.left_at is null and c.kind = any($2)
                    and (c.id <> 0 or c.position > 0)
                    and ($5::bigint is null or ($5, $6) > (
                        (extract(epoch from coalesce(last.created_at, c.created_at)) * 1000000)::bigint, c.id
                    ))
                order by coalesce(last.created_at, c.created_at) desc, c.id desc
                limit $3 offset $4
            )) order by active_at desc, id desc"#,
            caller.user_id.0,
            &kinds,
            limit,
            if before.is_some() { 0 } else { offset },
            before.map(|it| it.at),
            before.map(|it| it.id)
        )
        .fetch_all(&self.0.db)
        .await?;
        let end = rows.last().map(|row| PageEnd {
            at: row.at,
            id: row.id,
        });
        self.0.page_walks.note(walk, page.page, end).await;
        let summaries = rows.into_iter().map(|row| row.json).collect();
        Ok(OffsetPage {
            items: self.complete_summaries(summaries),
            total,
        })
    }

    pub(crate) fn complete_summaries(
        &self,
        summaries: Vec<Json<ConversationSummary>>,
    ) -> Vec<ConversationSummary> {
        let summaries = summaries.into_iter();
        summaries
            .map(|Json(it)| self.complete_summary(it))
            .collect()
    }

    /// Fills in what the database does not know: the presence of the peer, and the newest message without its
    /// Markdown, cut where people see a character end.
    pub(crate) fn complete_summary(&self, mut summary: ConversationSummary) -> ConversationSummary {
        summary.peer = summary.peer.map(|peer| self.with_presence(peer));
        if let Some(last) = &mut summary.last_message {
            let is_marked = last.kind != MessageKind::System;
            let preview = text::preview_of_beginning(&last.body, is_marked);
            last.preview = preview.or(last.preview.take());
            clip_preview(&mut last.body);
        }
        summary
    }
}
