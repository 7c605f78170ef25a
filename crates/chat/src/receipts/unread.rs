//! What is left to read, of one conversation and of all.

use super::untold::{Change, Untold};
use crate::{Caller, Chat, Delivery, Result};
use model::{ConversationId, Event, Unread, UnreadTotals, UserId};

/// Whose counts changed in which conversation.
pub(crate) type UntoldCounts = Untold<(UserId, ConversationId), Counts>;

/// They are counted when they are told.
pub(crate) struct Counts;

impl Change for Counts {
    type Key = (UserId, ConversationId);

    fn untold(chat: &Chat) -> &UntoldCounts {
        &chat.0.unread
    }

    fn then(self, _: Self) -> Self {
        self
    }

    async fn tell(chat: &Chat, counts: Vec<(Self::Key, Self)>) {
        if let Err(error) = chat.tell_counts(&counts).await {
            tracing::warn!(?error, "unread counts could not be told");
        }
    }
}

impl Chat {
    pub async fn unread(&self, caller: &Caller) -> Result<UnreadTotals> {
        self.unread_of(caller.user_id).await
    }

    /// Tells users' devices soon where they stand. What they heard before stays true until they
    /// hear again, so a failure is for the log.
    pub(crate) fn tell_unread(&self, counts: impl IntoIterator<Item = (UserId, ConversationId)>) {
        let there = counts
            .into_iter()
            .filter(|(user_id, _)| self.0.presence.is_connected_anywhere(*user_id));
        self.tell_at_once(there.map(|count| (count, Counts)));
    }

    async fn tell_counts(&self, counts: &[((UserId, ConversationId), Counts)]) -> Result<()> {
        let (user_ids, conversation_ids): (Vec<_>, Vec<_>) =
            counts.iter().map(|((user, id), _)| (user.0, id.0)).unzip();
        let rows = sqlx::query!(
            r#"select k.user_id as "user_id!", k.id as "id!",
                coalesce(sum(unread_of.unread), 0)::bigint as "total!",
                coalesce(sum(unread_of.unread) filter (where unread_of.id = k.id), 0)::bigint
                    as "unread!",
                (
                    select count(*) from members m
                    join mentions on mentions.user_id = m.user_id
                        and mentions.conversation_id = m.conversation_id
                        and mentions.position > m.read_position
                    where m.user_id = k.user_id and m.conversation_id = k.id
                        and m.left_at is null
                ) as "mentions!"
            from unnest($1::bigint[], $2::bigint[]) k(user_id, id)
            left join lateral (
                select c.id, c.position - m.read_position as unread
                from members m join conversations c on c.id = m.conversation_id
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
            self.0.events.publish(delivery);
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
            from members m join conversations c on c.id = m.conversation_id
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
