//! Unread counts: of one conversation, and in total.

use super::pending::RecountUnread;
use crate::{Caller, Chat, Delivery, Result};
use model::{ConversationId, Event, Unread, UnreadTotals, UserId};

impl Chat {
    /// The caller's unread counts.
    pub async fn unread(&self, caller: &Caller) -> Result<UnreadTotals> {
        self.unread_of(caller.user_id).await
    }

    /// Counts and publishes now what these users have not read of these conversations, in a task of
    /// its own. While earlier counts are being published, these follow after the coalescer's
    /// interval (50 ms). Users who are connected nowhere are left out.
    pub(crate) fn publish_unread_now(
        &self,
        counts: impl IntoIterator<Item = (UserId, ConversationId)>,
    ) {
        let connected = counts
            .into_iter()
            .filter(|(user_id, _)| self.0.presence.is_connected_anywhere(*user_id));
        let chat = self.clone();
        let flush = move |counts| chat.clone().flush_unread(counts);
        let pending = &self.0.pending_unread;
        pending.flush_now(connected.map(|key| (key, RecountUnread)), flush);
    }

    /// A failure is logged only: the next count, or the next connection, corrects the client.
    async fn flush_unread(self, counts: Vec<((UserId, ConversationId), RecountUnread)>) {
        let keys = counts.into_iter().map(|(key, _)| key);
        if let Err(error) = self.publish_unread(keys).await {
            tracing::warn!(?error, "unread counts were not published");
        }
    }

    async fn publish_unread(
        &self,
        keys: impl Iterator<Item = (UserId, ConversationId)>,
    ) -> Result<()> {
        let (user_ids, conversation_ids): (Vec<_>, Vec<_>) =
            keys.map(|(user_id, id)| (user_id.0, id.0)).unzip();
        let rows = sqlx::query!(
            r#"select k.user_id as "user_id!", k.id as "id!",
                coalesce(sum(unread_of.unread), 0)::bigint as "total!",
                coalesce(sum(unread_of.unread) filter (where unread_of.id = k.id), 0)::bigint
                    as "unread!",
                (
                    select count(*) from memberships m
                    join mentions on mentions.user_id = m.user_id
                        and mentions.conversation_id = m.conversation_id
                        and mentions.position > m.read_position
                    where m.user_id = k.user_id and m.conversation_id = k.id
                        and m.left_at is null
                ) as "mentions!"
            from unnest($1::bigint[], $2::bigint[]) k(user_id, id)
            left join lateral (
                select c.id, c.position - m.read_position as unread
                from memberships m join conversations c on c.id = m.conversation_id
                where m.user_id = k.user_id and m.left_at is null
                    and c.position > m.read_position
            ) unread_of on true
            group by k.user_id, k.id"#,
            &user_ids,
            &conversation_ids
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in rows {
            let event = Event::UnreadChanged {
                total: row.total,
                conversation_id: ConversationId(row.id),
                unread: row.unread,
                mentions: row.mentions,
            };
            let delivery = Delivery::to_user(UserId(row.user_id), event);
            self.0.bus.publish(delivery);
        }
        Ok(())
    }

    pub(super) async fn unread_of(&self, user_id: UserId) -> Result<UnreadTotals> {
        let rows = sqlx::query!(
            r#"select c.id, c.position - m.read_position as "unread!", (
                select count(*) from mentions
                where mentions.user_id = m.user_id and mentions.conversation_id = c.id
                    and mentions.position > m.read_position
            ) as "mentions!"
            from memberships m join conversations c on c.id = m.conversation_id
            where m.user_id = $1 and m.left_at is null and c.position > m.read_position
            order by c.id"#,
            user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let conversations: Vec<_> = rows
            .into_iter()
            .map(|row| Unread {
                conversation_id: ConversationId(row.id),
                unread: row.unread,
                mentions: row.mentions,
            })
            .collect();
        Ok(UnreadTotals {
            total: conversations.iter().map(|it| it.unread).sum(),
            conversations,
        })
    }
}
