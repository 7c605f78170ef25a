//! The personal sequence: what only one user knows is numbered in one order, so that each of their devices
//! learns what it has missed.

use crate::{Chat, Delivery, Result};
use model::{Event, PersonalEvent, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// The next number of the user's personal sequence, and the user's lock until the end of the transaction.
pub(crate) async fn next_seq(tx: &mut PgConnection, user_id: UserId) -> Result<i64> {
    let seq = sqlx::query_scalar!(r#"select next_personal_seq($1) as "seq!""#, user_id.0)
        .fetch_one(tx)
        .await?;
    Ok(seq)
}

impl Chat {
    /// Tells a change to the user's own devices.
    pub(crate) fn publish_personal(&self, user_id: UserId, event: PersonalEvent) {
        let event = Event::Personal(Box::new(event));
        self.0.bus.publish(Delivery::to_user(user_id, event));
    }

    /// Tells those of these users on the devices of this node where their sequences stand that have changed
    /// since then: what told the changes may have been lost.
    pub(crate) async fn publish_missed_personal(
        &self,
        user_ids: &[UserId],
        since: OffsetDateTime,
    ) -> Result<()> {
        let ids: Vec<_> = user_ids.iter().map(|id| id.0).collect();
        let changed = sqlx::query!(
            "select user_id, seq from personal_sequences
            where user_id = any($1) and changed_at > $2",
            &ids,
            since
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in changed {
            let personal_seq = row.seq;
            let event = Event::Personal(Box::new(PersonalEvent::Sequence { personal_seq }));
            let delivery = Delivery::to_user(UserId(row.user_id), event);
            self.0.bus.publish_local(delivery);
        }
        Ok(())
    }
}
