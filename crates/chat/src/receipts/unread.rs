//! What is left to read, of one conversation and of all.

use crate::{Caller, Chat, Delivery, Result};
use model::{ConversationId, Event, Unread, UnreadTotals, UserId};

impl Chat {
    pub async fn unread(&self, caller: &Caller) -> Result<UnreadTotals> {
        self.unread_of(caller.user_id).await
    }

    /// Tells a user's devices where they stand. What they heard before stays true until they hear
    /// again, so a failure is for the log.
    pub(crate) async fn tell_unread(&self, id: ConversationId, user_id: UserId) {
        match self.unread_of(user_id).await {
            Ok(totals) => {
                let here = totals
                    .conversations
                    .iter()
                    .find(|it| it.conversation_id == id);
                let event = Event::UnreadChanged {
                    total: totals.total,
                    conversation_id: id,
                    unread: here.map_or(0, |it| it.unread),
                    mentions: here.map_or(0, |it| it.mentions),
                };
                self.0.events.publish(Delivery::to_user(user_id, event));
            }
            Err(error) => tracing::warn!(%user_id, ?error, "unread counts could not be told"),
        }
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
