//! Threads: replies to one message, in pages, and the threads that a user follows.

mod followers;
mod pending;
mod states;

pub(crate) use pending::PendingThreadStates;

use crate::{
    Caller, Chat, Error, MessagesRequest, PageAnchor, Result,
    messages::{as_message, load_message, messages_by_id},
    page,
};
use model::{
    ConversationId, FollowedThreads, Message, MessageId, Page, PageRequest, ThreadDetails,
    ThreadState, UserId,
};
use std::collections::HashMap;

impl Chat {
    /// A thread with its root, for callers who may see the conversation. A message that nobody has replied
    /// to in a thread is a thread without replies; a reply in a thread has none of its own: `NotFound`.
    pub async fn thread(&self, caller: &Caller, id: MessageId) -> Result<ThreadDetails> {
        let conversation_id = self.require_thread(caller, id).await?;
        let mut db = self.0.db.acquire().await?;
        let root = load_message(&mut db, id).await?;
        drop(db);
        let state = self.thread_state(caller, conversation_id, id).await?;
        Ok(ThreadDetails { root, state })
    }

    /// The replies in a thread, oldest first, with tombstones of deleted ones. As `messages`, by the
    /// numbers that the replies have in the thread.
    pub async fn thread_messages(
        &self,
        caller: &Caller,
        id: MessageId,
        request: MessagesRequest,
    ) -> Result<Page<Message>> {
        self.require_thread(caller, id).await?;
        let limit = page::limit(request.limit)?;
        match request.anchor {
            PageAnchor::Newest => self.replies_below(id, i64::MAX, limit).await,
            PageAnchor::Before(position) => self.replies_below(id, position, limit).await,
            PageAnchor::After(position) => self.replies_above(id, position, limit).await,
            PageAnchor::Around(position) => {
                let mut page = self.replies_below(id, position, limit / 2).await?;
                let rest = limit - limit / 2;
                let above = self.replies_above(id, position.saturating_sub(1), rest);
                page.items.extend(above.await?.items);
                page.next_cursor = None;
                Ok(page)
            }
        }
    }

    /// The threads that the caller follows: those with unread replies first, then those with the newest
    /// replies. Without threads of conversations that the caller has left.
    pub async fn followed_threads(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<FollowedThreads> {
        let limit = page::limit(page.limit)?;
        let [is_read, before, before_id] =
            page::numbers(page.cursor.as_deref())?.unwrap_or([0, i64::MAX, i64::MAX]);
        let rows = sqlx::query!(
            r#"with followed as materialized (
                select s.thread_id, s.conversation_id, s.read_position, s.unread, s.mentions,
                    (s.unread = 0)::int::bigint as is_read,
                    (extract(epoch from s.last_reply_at) * 1000000)::bigint as at
                from thread_states s
                join memberships m on m.conversation_id = s.conversation_id
                    and m.user_id = s.user_id and m.left_at is null
                where s.user_id = $1 and s.is_following
            )
            select thread_id as "thread_id!", conversation_id as "conversation_id!",
                read_position as "read_position!", unread as "unread!", mentions as "mentions!",
                is_read as "is_read!", at as "at!",
                (select count(*) from followed where is_read = 0) as "unread_threads!"
            from followed
            where is_read > $2 or is_read = $2 and (at, thread_id) < ($3, $4)
            order by is_read, at desc, thread_id desc limit $5"#,
            caller.user_id.0,
            is_read,
            before,
            before_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let unread_threads = match rows.first() {
            Some(row) => row.unread_threads,
            None => 0,
        };
        let page = page::cut(rows, limit, |row| {
            format!("{}.{}.{}", row.is_read, row.at, row.thread_id)
        });
        let ids: Vec<_> = page.items.iter().map(|row| row.thread_id).collect();
        let mut db = self.0.db.acquire().await?;
        let roots = messages_by_id(&mut db, &ids).await?.into_iter();
        let mut roots: HashMap<_, _> = roots.map(|it| (it.id.0, it)).collect();
        let items = page.items.into_iter().filter_map(|row| {
            Some(ThreadDetails {
                root: roots.remove(&row.thread_id)?,
                state: ThreadState {
                    conversation_id: ConversationId(row.conversation_id),
                    thread_id: MessageId(row.thread_id),
                    following: true,
                    read_position: row.read_position,
                    unread: row.unread,
                    mentions: row.mentions,
                },
            })
        });
        Ok(FollowedThreads {
            items: items.collect(),
            next_cursor: page.next_cursor,
            unread_threads,
        })
    }

    /// Follows a thread from its newest reply on, or no longer does. The caller's own devices are told.
    /// Members only; `NotFound` while there is no reply.
    pub async fn follow_thread(
        &self,
        caller: &Caller,
        id: MessageId,
        following: bool,
    ) -> Result<ThreadState> {
        let conversation_id = self.require_joined_thread(caller, id).await?;
        self.0.limits.told.take_change(caller.user_id, 1)?;
        let changed = sqlx::query!(
            "insert into thread_followers as f (thread_id, user_id, is_following, read_position)
            select t.id, $2, $3, t.position from threads t where t.id = $1
            on conflict (user_id, thread_id) do update
            set is_following = excluded.is_following,
                read_position = greatest(f.read_position, excluded.read_position)
            where f.is_following <> excluded.is_following",
            id.0,
            caller.user_id.0,
            following
        )
        .execute(&self.0.db)
        .await?;
        let state = self.thread_state(caller, conversation_id, id).await?;
        if changed.rows_affected() > 0 {
            self.publish_thread_states_now([(caller.user_id, id)]);
        }
        Ok(state)
    }

    /// Marks the replies up to this number as read by the caller; it only moves forward. Nothing for those
    /// who do not follow the thread. The caller's own devices are told. Members only.
    pub async fn mark_thread_read(
        &self,
        caller: &Caller,
        id: MessageId,
        position: i64,
    ) -> Result<ThreadState> {
        if position < 0 {
            return Err(Error::invalid("position", "must not be negative"));
        }
        let conversation_id = self.require_joined_thread(caller, id).await?;
        let moved = sqlx::query!(
            "update thread_followers f set read_position = least($3, t.position)
            from threads t
            where t.id = $1 and f.thread_id = $1 and f.user_id = $2
                and f.read_position < least($3, t.position)",
            id.0,
            caller.user_id.0,
            position
        )
        .execute(&self.0.db)
        .await?;
        if moved.rows_affected() > 0 {
            self.publish_thread_states_now([(caller.user_id, id)]);
        }
        self.thread_state(caller, conversation_id, id).await
    }

    /// The caller's part of a thread. Checks no membership.
    async fn thread_state(
        &self,
        caller: &Caller,
        conversation_id: ConversationId,
        id: MessageId,
    ) -> Result<ThreadState> {
        let states = self.thread_states(&[(caller.user_id, id)]).await?;
        let state = states.into_iter().map(|(_, state)| state).next();
        Ok(state.unwrap_or(ThreadState {
            conversation_id,
            thread_id: id,
            following: false,
            read_position: 0,
            unread: 0,
            mentions: 0,
        }))
    }

    /// The parts that these users have of these threads, of those who are members.
    async fn thread_states(
        &self,
        keys: &[(UserId, MessageId)],
    ) -> Result<Vec<(UserId, ThreadState)>> {
        let (user_ids, ids): (Vec<_>, Vec<_>) = keys.iter().map(|it| (it.0.0, it.1.0)).unzip();
        let rows = sqlx::query!(
            r#"select s.user_id as "user_id!", s.thread_id as "thread_id!",
                s.conversation_id as "conversation_id!", s.is_following as "following!",
                s.read_position as "read_position!", s.unread as "unread!", s.mentions as "mentions!"
            from unnest($1::bigint[], $2::bigint[]) k(user_id, id)
            join thread_states s on s.user_id = k.user_id and s.thread_id = k.id
            join memberships m on m.conversation_id = s.conversation_id and m.user_id = s.user_id
                and m.left_at is null"#,
            &user_ids,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        let states = rows.into_iter().map(|row| {
            let state = ThreadState {
                conversation_id: ConversationId(row.conversation_id),
                thread_id: MessageId(row.thread_id),
                following: row.following,
                read_position: row.read_position,
                unread: row.unread,
                mentions: row.mentions,
            };
            (UserId(row.user_id), state)
        });
        Ok(states.collect())
    }

    /// The conversation of a message that may have a thread, for callers who may see it.
    async fn require_thread(&self, caller: &Caller, id: MessageId) -> Result<ConversationId> {
        let row = sqlx::query!(
            r#"select conversation_id,
                exists (select from thread_messages where message_id = $1) as "is_reply!"
            from messages where id = $1"#,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .filter(|row| !row.is_reply)
        .ok_or(Error::NotFound("thread"))?;
        let conversation_id = ConversationId(row.conversation_id);
        let visible = self.require_visible(caller, conversation_id).await;
        visible.map_err(as_thread)?;
        Ok(conversation_id)
    }

    /// The same, for members only; `Forbidden` of an announcement.
    async fn require_thread_of_members(&self, caller: &Caller, id: MessageId) -> Result<()> {
        let conversation_id = self.require_thread(caller, id).await?;
        let member = self.require_member(caller, conversation_id).await;
        member.map_err(as_thread)?;
        if conversation_id == ConversationId::ANNOUNCEMENTS {
            return Err(Error::Forbidden(
                "Nobody is told who follows a thread of the announcements.",
            ));
        }
        Ok(())
    }

    /// The conversation of a message with replies in a thread, for members only.
    async fn require_joined_thread(
        &self,
        caller: &Caller,
        id: MessageId,
    ) -> Result<ConversationId> {
        let found = sqlx::query_scalar!("select conversation_id from threads where id = $1", id.0)
            .fetch_optional(&self.0.db)
            .await?;
        let conversation_id = ConversationId(found.ok_or(Error::NotFound("thread"))?);
        let member = self.require_member(caller, conversation_id).await;
        member.map_err(as_thread)?;
        Ok(conversation_id)
    }

    async fn replies_below(&self, id: MessageId, before: i64, limit: i64) -> Result<Page<Message>> {
        let rows = sqlx::query!(
            "select message_id, position from thread_messages
            where thread_id = $1 and position < $2 order by position desc limit $3",
            id.0,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let page = page::cut(rows, limit, |row| row.position.to_string());
        let ids: Vec<_> = page.items.iter().rev().map(|row| row.message_id).collect();
        self.page_of_replies(&ids, page.next_cursor).await
    }

    async fn replies_above(&self, id: MessageId, after: i64, limit: i64) -> Result<Page<Message>> {
        let rows = sqlx::query!(
            "select message_id, position from thread_messages
            where thread_id = $1 and position > $2 order by position limit $3",
            id.0,
            after,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let page = page::cut(rows, limit, |row| row.position.to_string());
        let ids: Vec<_> = page.items.iter().map(|row| row.message_id).collect();
        self.page_of_replies(&ids, page.next_cursor).await
    }

    async fn page_of_replies(
        &self,
        ids: &[i64],
        next_cursor: Option<String>,
    ) -> Result<Page<Message>> {
        let mut db = self.0.db.acquire().await?;
        Ok(Page {
            items: messages_by_id(&mut db, ids).await?,
            next_cursor,
        })
    }
}

/// A thread that the caller may not see is refused in the words for one that there is not.
fn as_thread(error: Error) -> Error {
    match as_message(error) {
        Error::NotFound(_) => Error::NotFound("thread"),
        other => other,
    }
}
