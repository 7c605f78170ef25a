//! Receipts: how far each member has received and read. Positions only move forward.

mod marks;
mod moves;
mod unread;
mod untold;

pub use marks::ReadMark;
pub(crate) use moves::{Move, UntoldMoves};
pub(crate) use unread::UntoldCounts;

use crate::{Audience, Caller, Chat, Delivery, Error, Result, messages::as_message};
use model::{ConversationId, Event, MessageId, Receipt, Unread, UserId};

/// As many members as a conversation may have for its deliveries to be marked one by one, and for the
/// receipts of those who speak: each is told to all.
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
            self.tell_unread([(caller.user_id, id)]);
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

    /// Somebody else's message, and with it what came before; `false` when it was read already.
    pub async fn mark_message_read(&self, caller: &Caller, id: MessageId) -> Result<bool> {
        let row = sqlx::query!(
            "select conversation_id, position from messages where id = $1 and sender_id <> $2",
            id.0,
            caller.user_id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("message"))?;
        let conversation_id = ConversationId(row.conversation_id);
        let moved = self
            .move_forward(caller, conversation_id, row.position, true)
            .await
            .map_err(as_message)?;
        if moved {
            self.tell_unread([(caller.user_id, conversation_id)]);
        }
        Ok(moved)
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
        let rows = sqlx::query!(
            r#"with old as (
                select m.user_id, m.read_position, m.delivered_position, c.position
                from members m join conversations c on c.id = m.conversation_id
                where c.id = $1 and c.member_count <= $4 and m.user_id = any($2)
                    and m.left_at is null and m.delivered_position < least($3, c.position)
                order by m.user_id for update of m
            )
            update members m set delivered_position = least($3, old.position)
            from old where m.conversation_id = $1 and m.user_id = old.user_id
            returning m.user_id, m.read_position, m.delivered_position,
                old.delivered_position as "delivered_before!", old.position as "newest!",
                now() as "at!""#,
            id.0,
            &user_ids,
            position,
            MOST_TICKED
        )
        .fetch_all(&self.0.db)
        .await?;
        let moves = rows.into_iter().map(|row| Move {
            conversation_id: id,
            user_id: UserId(row.user_id),
            read: (row.read_position, row.read_position),
            delivered: (row.delivered_before, row.delivered_position),
            newest: row.newest,
            at: row.at,
            has_spoken: false,
        });
        self.tell_moves(moves).await;
        Ok(())
    }

    /// Whether the read position moved. If any did, those who share the conversation are told.
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
            r#"with old as (
                select m.read_position, m.delivered_position, c.position
                from members m join conversations c on c.id = m.conversation_id
                where m.conversation_id = $1 and m.user_id = $2 and m.left_at is null
                for update of m
            ), new as (
                select greatest(read_position, case when $4 then least($3, position) end) as read,
                    greatest(delivered_position, least($3, position)) as delivered
                from old
            ), moved as (
                update members set read_position = new.read, delivered_position = new.delivered
                from old, new
                where conversation_id = $1 and user_id = $2
                    and (new.read > old.read_position or new.delivered > old.delivered_position)
            ), marked as (
                insert into read_marks (conversation_id, user_id, position)
                select $1, $2, new.read from old, new where new.read > old.read_position
            )
            select old.read_position, old.delivered_position, old.position,
                new.read as "read!", new.delivered as "delivered!", now() as "at!"
            from old, new"#,
            id.0,
            caller.user_id.0,
            position,
            read
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("conversation"))?;
        let moved = Move {
            conversation_id: id,
            user_id: caller.user_id,
            read: (row.read_position, row.read),
            delivered: (row.delivered_position, row.delivered),
            newest: row.position,
            at: row.at,
            has_spoken: false,
        };
        self.tell_moves([moved]).await;
        Ok(moved.has_read())
    }

    fn tell_receipt(&self, receipt: Receipt) {
        let audience = Audience::Conversations(vec![receipt.conversation_id]);
        let event = Event::ReceiptUpdated(receipt);
        self.0.events.publish(Delivery::Emit {
            audience,
            except: None,
            event,
        });
    }
}
