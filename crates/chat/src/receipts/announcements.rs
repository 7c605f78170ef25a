//! How far users have received and read the announcements. Their positions are in `users`, because
//! everybody belongs to that conversation without a row in `members`.

use super::{
    pending::AnnouncedUpTo,
    position_advance::{Advance, Moved, PositionAdvance},
};
use crate::{Chat, Error, Result};
use model::{ConversationId, UserId};

impl Chat {
    /// As `update_positions`, in the announcements.
    pub(super) async fn update_announcement_positions(
        &self,
        user_id: UserId,
        position: i64,
        read: bool,
    ) -> Result<Moved> {
        let id = ConversationId::ANNOUNCEMENTS;
        let row = sqlx::query!(
            r#"with old as (
                select u.announcements_read as read_position,
                    u.announcements_delivered as delivered_position, c.position,
                    counted_position(u.announcements_read, u.announcements_unread_after,
                        u.announcements_unread_marked_at) as counted
                from users u join conversations c on c.id = $1
                where u.id = $2 for no key update of u
            ), new as (
                select greatest(read_position, case when $4 then least($3, position) end) as read,
                    greatest(delivered_position, least($3, position)) as delivered,
                    greatest(counted, case when $4 then least($3, position) end) as counted
                from old
            ), moved as (
                update users
                set announcements_read = new.read, announcements_delivered = new.delivered,
                    announcements_unread_after = case when new.counted < new.read then new.counted end,
                    announcements_unread_marked_at = case when new.counted < new.read then new.read end,
                    announcements_moved_at = clock_timestamp()
                from old, new
                where id = $2 and (
                    new.read > old.read_position or new.delivered > old.delivered_position
                    or new.counted > old.counted
                )
            ), marked as (
                insert into read_marks (conversation_id, user_id, position)
                select $1, $2, new.read from old, new where new.read > old.read_position
                on conflict do nothing
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

    /// Writes, together with others, that sockets of the user have received the announcements up to
    /// a position. Called when a device disconnects: while it is connected it receives them all, so
    /// that an announcement writes nothing for those who are there.
    pub(crate) fn schedule_announced(&self, user_id: UserId, position: i64) {
        let chat = self.clone();
        let flush = move |marks| chat.clone().flush_announced(marks);
        let marks = [(user_id, AnnouncedUpTo(position))];
        self.0.pending_announced.schedule(marks, flush);
    }

    /// A failure is logged only: these users receive the announcements once more.
    async fn flush_announced(self, marks: Vec<(UserId, AnnouncedUpTo)>) {
        let (user_ids, positions): (Vec<_>, Vec<_>) =
            marks.into_iter().map(|(id, it)| (id.0, it.0)).unzip();
        let written = sqlx::query!(
            "update users u set announcements_delivered = k.position
            from unnest($1::bigint[], $2::bigint[]) k(user_id, position)
            where u.id = k.user_id and u.announcements_delivered < k.position",
            &user_ids,
            &positions
        )
        .execute(&self.0.db)
        .await;
        if let Err(error) = written {
            tracing::warn!(?error, "announcements will be emitted again");
        }
    }
}
