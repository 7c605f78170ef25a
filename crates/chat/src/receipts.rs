//! Receipts: how far each member has received and read. Positions only move forward.

use crate::{Audience, Caller, Chat, Delivery, Error, Result};
use model::{ConversationId, Event, Receipt, Unread, UnreadTotals, UserId};

/// As many members as a conversation may have for its deliveries to be marked one by one: each
/// mark is told to all.
const MOST_TICKED: i64 = 100;

impl Chat {
    /// Read implies delivered. A position behind the present one changes nothing.
    pub async fn mark_read(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
    ) -> Result<Unread> {
        if self.move_forward(caller, id, position, true).await? {
            self.tell_unread(id, caller.user_id).await;
        }
        let totals = self.unread_of(caller.user_id).await?;
        let unread = totals
            .conversations
            .into_iter()
            .find(|it| it.conversation_id == id);
        Ok(unread.unwrap_or(Unread {
            conversation_id: id,
            unread: 0,
            mentions: 0,
        }))
    }

    /// The client has received all up to this position.
    pub async fn mark_delivered(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
    ) -> Result<()> {
        self.move_forward(caller, id, position, false)
            .await
            .map(drop)
    }

    /// A door's sockets of these users took the message at this position: it has been delivered to
    /// those who are members. In large conversations, where nobody looks at each one's tick, only
    /// what a client says itself counts.
    pub async fn mark_received(
        &self,
        id: ConversationId,
        user_ids: &[UserId],
        position: i64,
    ) -> Result<()> {
        let user_ids: Vec<_> = user_ids.iter().map(|id| id.0).collect();
        let moved = sqlx::query!(
            "update members m set delivered_position = least($3, c.position)
            from conversations c
            where c.id = $1 and c.member_count <= $4
                and m.conversation_id = $1 and m.user_id = any($2) and m.left_at is null
                and m.delivered_position < least($3, c.position)
            returning m.user_id, m.read_position, m.delivered_position",
            id.0,
            &user_ids,
            position,
            MOST_TICKED
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in moved {
            self.tell_receipt(Receipt {
                conversation_id: id,
                user_id: UserId(row.user_id),
                read_position: row.read_position,
                delivered_position: row.delivered_position,
            });
        }
        Ok(())
    }

    pub async fn unread(&self, caller: &Caller) -> Result<UnreadTotals> {
        self.unread_of(caller.user_id).await
    }

    /// Whether a position moved; then those who share the conversation are told.
    async fn move_forward(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
        read: bool,
    ) -> Result<bool> {
        if position < 0 {
            return Err(Error::invalid("position", "must not be negative"));
        }
        // Beyond the newest message nothing can have been read.
        let row = sqlx::query!(
            r#"update members m set
                read_position = case when $4 then greatest(m.read_position, least($3, c.position))
                    else m.read_position end,
                delivered_position = greatest(m.delivered_position, least($3, c.position))
            from conversations c, members old
            where c.id = $1 and m.conversation_id = $1 and m.user_id = $2 and m.left_at is null
                and old.conversation_id = $1 and old.user_id = $2
            returning m.read_position, m.delivered_position,
                (m.read_position, m.delivered_position)
                    <> (old.read_position, old.delivered_position) as "moved!""#,
            id.0,
            caller.user_id.0,
            position,
            read
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("conversation"))?;
        if row.moved {
            self.tell_receipt(Receipt {
                conversation_id: id,
                user_id: caller.user_id,
                read_position: row.read_position,
                delivered_position: row.delivered_position,
            });
        }
        Ok(row.moved)
    }

    pub(crate) fn tell_receipt(&self, receipt: Receipt) {
        let audience = Audience::Conversations(vec![receipt.conversation_id]);
        let event = Event::ReceiptUpdated(receipt);
        self.0.events.publish(Delivery::Tell {
            audience,
            except: None,
            event,
        });
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

    async fn unread_of(&self, user_id: UserId) -> Result<UnreadTotals> {
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
