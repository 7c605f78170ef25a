//! Who has received and read one message.

use crate::{Caller, Chat, Error, Result, messages::as_message, page};
use model::{ConversationId, MessageId, MessageReceipt, MessageReceipts, PageRequest, User};
use sqlx::types::Json;

impl Chat {
    /// Those who have read the message, then those who have received it only, each in the order of their
    /// ids: of the members who were there when it was sent, without its sender. Of a reply that is in a
    /// thread only, those have read it who have read so far in the thread. What an invisible member
    /// receives is written nowhere (`mark_delivered`), and so is not told here. Members only; `Forbidden` of
    /// an announcement.
    pub async fn message_receipts(
        &self,
        caller: &Caller,
        id: MessageId,
        page: PageRequest,
    ) -> Result<MessageReceipts> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_member(caller, conversation_id)
            .await
            .map_err(as_message)?;
        if conversation_id == ConversationId::ANNOUNCEMENTS {
            return Err(Error::Forbidden(
                "Nobody is told who has read an announcement.",
            ));
        }
        let limit = page::limit(page.limit)?;
        let [rank, user_id] = page::numbers(page.cursor.as_deref())?.unwrap_or([0, 0]);
        let rows = sqlx::query!(
            r#"with message as (
                select m.conversation_id, m.position, m.created_seq, m.sender_id, r.thread_id,
                    r.position as thread_position, r.threads_position is not null as is_aside
                from messages m left join thread_messages r on r.message_id = m.id
                where m.id = $1
            ), states as materialized (
                select k.user_id, case
                    when case when m.is_aside then f.read_position >= m.thread_position
                        else k.read_position >= m.position end then 0::bigint
                    when k.delivered_position >= m.position then 1
                end as rank
                from message m
                join members k on k.conversation_id = m.conversation_id and k.left_at is null
                    and k.user_id <> m.sender_id and k.joined_seq < m.created_seq
                left join thread_followers f on f.user_id = k.user_id and f.thread_id = m.thread_id
            ), counts as (
                select count(*) filter (where rank = 0) as read, count(rank) as delivered,
                    count(*) as members
                from states
            ), listed as (
                select s.user_id, s.rank from states s
                where (s.rank, s.user_id) > ($2, $3) order by s.rank, s.user_id limit $4
            )
            select c.read as "read_count!", c.delivered as "delivered_count!",
                c.members as "member_count!", s.user_id as "user_id?", s.rank as "rank?",
                case when u.id is not null then user_json(u) end as "user: Json<User>", (
                    select r.read_at from read_marks r, message m
                    where r.conversation_id = m.conversation_id and r.user_id = s.user_id
                        and r.position >= m.position and s.rank = 0 and not m.is_aside
                    order by r.position limit 1
                ) as read_at
            from counts c left join listed s on true left join users u on u.id = s.user_id
            order by s.rank, s.user_id"#,
            id.0,
            rank,
            user_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let counts = rows.first();
        let [read_count, delivered_count, member_count] = counts.map_or([0; 3], |row| {
            [row.read_count, row.delivered_count, row.member_count]
        });
        let listed = rows
            .into_iter()
            .filter_map(|row| Some((row.rank?, row.user?.0, row.read_at)));
        let page = page::cut(listed.collect(), limit, |(rank, user, _)| {
            format!("{rank}.{}", user.id)
        });
        let items = page
            .items
            .into_iter()
            .map(|(rank, user, read_at)| MessageReceipt {
                user: self.with_presence(user),
                read: rank == 0,
                read_at,
            });
        Ok(MessageReceipts {
            items: items.collect(),
            next_cursor: page.next_cursor,
            read_count,
            delivered_count,
            member_count,
        })
    }
}
