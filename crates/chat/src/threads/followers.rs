//! Those who follow a thread.

use crate::{Caller, Chat, Result, page};
use model::{MessageId, PageRequest, ThreadFollowers, User};
use sqlx::types::Json;

impl Chat {
    /// The members who follow a thread, in the order of their ids. Members only; nobody is told who follows a thread of
    /// the announcements. Nobody follows a message without replies.
    pub async fn thread_followers(
        &self,
        caller: &Caller,
        id: MessageId,
        page: PageRequest,
    ) -> Result<ThreadFollowers> {
        self.require_thread_of_members(caller, id).await?;
        let limit = page::limit(page.limit)?;
        let [after] = page::numbers(page.cursor.as_deref())?.unwrap_or([0]);
        let rows = sqlx::query!(
            r#"with followers as materialized (
                select f.user_id
                from thread_followers f
                join threads t on t.id = f.thread_id
                join members m on m.conversation_id = t.conversation_id and m.user_id = f.user_id
                    and m.left_at is null
                where f.thread_id = $1 and f.is_following
            ), listed as (
                select user_id from followers where user_id > $2 order by user_id limit $3
            )
            select (select count(*) from followers) as "follower_count!",
                case when u.id is not null then user_json(u) end as "user: Json<User>"
            from (select) as one left join listed l on true left join users u on u.id = l.user_id
            order by l.user_id"#,
            id.0,
            after,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let follower_count = rows.first().map_or(0, |row| row.follower_count);
        let users = rows.into_iter().filter_map(|row| Some(row.user?.0));
        let page = page::cut(users.collect(), limit, |user: &User| user.id.to_string());
        let items = page.items.into_iter().map(|user| self.with_presence(user));
        Ok(ThreadFollowers {
            items: items.collect(),
            next_cursor: page.next_cursor,
            follower_count,
        })
    }
}
