//! Receipts: how far each member has received and read. Positions never move back.

mod advances;
mod announcements;
mod coalesce;
mod disjoint_advances;
mod marks;
mod message_ranges;
mod missed;
mod pending;
mod position_advance;
mod readers;
mod unread;
mod unread_marks;

pub(crate) use coalesce::{Coalesced, Coalescer};
pub use marks::ReadMark;
pub(crate) use message_ranges::as_i64;
pub(crate) use pending::{PendingAnnounced, PendingReceipts, PendingUnread};
pub(crate) use position_advance::{Advance, PositionAdvance};

use crate::{Caller, Chat, Error, Result, messages::as_message};
use model::{ConversationId, MessageId, Unread, UserId};
use position_advance::{MAX_MEMBERS_WITH_RECEIPTS, Moved};

impl Chat {
    /// Marks everything up to a position as read, and thereby as delivered. A position at or below
    /// the present one changes nothing; one above the newest message counts as that. Returns what
    /// is left unread. Members only.
    pub async fn mark_read(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
    ) -> Result<Unread> {
        if self
            .advance(caller, id, position, true)
            .await?
            .changes_counts()
        {
            self.publish_unread_now([(caller.user_id, id)]);
        }
        self.unread_in(caller.user_id, id).await
    }

    /// Marks somebody else's message and everything before it as read; `false` when it was read
    /// already. `NotFound` for the caller's own messages.
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
            .advance(caller, conversation_id, row.position, true)
            .await
            .map_err(as_message)?;
        if moved.changes_counts() {
            self.publish_unread_now([(caller.user_id, conversation_id)]);
        }
        Ok(moved.advance.has_read())
    }

    /// Marks everything up to a position as delivered to the caller, whose client confirms it; nothing
    /// while the caller is invisible, because it would say that they are connected. Members only.
    pub async fn mark_delivered(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
    ) -> Result<()> {
        if position >= 0 && self.is_invisible(caller.user_id) {
            return self.require_member(caller, id).await.map(drop);
        }
        self.advance(caller, id, position, false).await.map(drop)
    }

    /// Marks everything up to a position as delivered to those of the users who are members and not
    /// invisible, after their sockets have taken the message: for contracts whose clients send no confirmation. Does
    /// nothing in conversations of more than `MAX_MEMBERS_WITH_RECEIPTS` members, nor in the
    /// announcements, of which `schedule_announced` writes how far they have come.
    pub async fn mark_delivered_for(
        &self,
        id: ConversationId,
        user_ids: &[UserId],
        position: i64,
    ) -> Result<()> {
        if id == ConversationId::ANNOUNCEMENTS {
            return Ok(());
        }
        let visible = user_ids.iter().filter(|id| !self.is_invisible(**id));
        let user_ids: Vec<_> = visible.map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"with old as (
                select m.user_id, m.read_position, m.delivered_position, c.position
                from members m join conversations c on c.id = m.conversation_id
                where c.id = $1 and c.member_count <= $4 and m.user_id = any($2)
                    and m.left_at is null and m.delivered_position < least($3, c.position)
                order by m.user_id for update of m
            )
            update members m set delivered_position = least($3, old.position), moved_at = clock_timestamp()
            from old where m.conversation_id = $1 and m.user_id = old.user_id
            returning m.user_id, m.read_position, m.delivered_position,
                old.delivered_position as "delivered_before!", now() as "at!",
                not exists (
                    select from messages where conversation_id = $1 and deleted_at is null
                        and messages.position > m.read_position and messages.position <= old.position
                ) as "is_caught_up!""#,
            id.0,
            &user_ids,
            position,
            MAX_MEMBERS_WITH_RECEIPTS
        )
        .fetch_all(&self.0.db)
        .await?;
        let advances = rows.into_iter().map(|row| PositionAdvance {
            conversation_id: id,
            user_id: UserId(row.user_id),
            read: Advance {
                before: row.read_position,
                after: row.read_position,
            },
            delivered: Advance {
                before: row.delivered_before,
                after: row.delivered_position,
            },
            is_caught_up: row.is_caught_up,
            at: row.at,
            implied_by_send: false,
        });
        self.publish_receipts_now(advances).await;
        Ok(())
    }

    /// Moves the caller's positions forward, and publishes a receipt if one moved.
    async fn advance(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
        read: bool,
    ) -> Result<Moved> {
        if position < 0 {
            return Err(Error::invalid("position", "must not be negative"));
        }
        let user_id = caller.user_id;
        let moved = if id == ConversationId::ANNOUNCEMENTS {
            self.update_announcement_positions(user_id, position, read)
                .await?
        } else {
            self.update_positions(user_id, id, position, read).await?
        };
        self.publish_receipts_now([moved.advance]).await;
        Ok(moved)
    }

    /// Writes the positions of a member, and a read mark where the read position moves. `read` is
    /// whether the read position follows the delivered one; what was marked as unread is then read again,
    /// up to the position.
    async fn update_positions(
        &self,
        user_id: UserId,
        id: ConversationId,
        position: i64,
        read: bool,
    ) -> Result<Moved> {
        // The statement limits the position to that of the newest message.
        let row = sqlx::query!(
            r#"with old as (
                select m.read_position, m.delivered_position, c.position,
                    counted_position(m.read_position, m.unread_after, m.unread_marked_at) as counted
                from members m join conversations c on c.id = m.conversation_id
                where m.conversation_id = $1 and m.user_id = $2 and m.left_at is null
                for update of m
            ), new as (
                select greatest(read_position, case when $4 then least($3, position) end) as read,
                    greatest(delivered_position, least($3, position)) as delivered,
                    greatest(counted, case when $4 then least($3, position) end) as counted
                from old
            ), moved as (
                update members set read_position = new.read, delivered_position = new.delivered,
                    unread_after = case when new.counted < new.read then new.counted end,
                    unread_marked_at = case when new.counted < new.read then new.read end,
                    moved_at = clock_timestamp()
                from old, new
                where conversation_id = $1 and user_id = $2 and (
                    new.read > old.read_position or new.delivered > old.delivered_position
                    or new.counted > old.counted
                )
            ), marked as (
                insert into read_marks (conversation_id, user_id, position)
                select $1, $2, new.read from old, new where new.read > old.read_position
            )
            select old.read_position, old.delivered_position,
                new.counted > old.counted as "changes_counts!", new.read as "read!", new.delivered as "delivered!", now() as "at!",
                not exists (
                    select from messages where conversation_id = $1 and deleted_at is null
                        and messages.position > new.read and messages.position <= old.position
                ) as "is_caught_up!"
            from old, new"#,
            id.0,
            user_id.0,
            position,
            read
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("conversation"))?;
        let advance = PositionAdvance {
            conversation_id: id,
            user_id,
            read: Advance {
                before: row.read_position,
                after: row.read,
            },
            delivered: Advance {
                before: row.delivered_position,
                after: row.delivered,
            },
            is_caught_up: row.is_caught_up,
            at: row.at,
            implied_by_send: false,
        };
        Ok(Moved {
            advance,
            marked_messages_read: row.changes_counts,
        })
    }
}
