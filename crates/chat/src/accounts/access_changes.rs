//! Changes of access: users who were blocked, got another role, or were signed out everywhere. The node that
//! does it tells the others over the bus. A command of the operator may have no bus, so it is written down,
//! and nodes look for what others have written.

use crate::{Chat, Delivery, Result};
use model::UserId;
use sqlx::PgExecutor;
use std::collections::{HashMap, HashSet};
use time::{Duration, OffsetDateTime};

/// How long a change may take from its time to its commit.
const MAX_COMMIT: Duration = Duration::seconds(10);

/// What a node has seen of the changes.
pub struct AccessWatch {
    since: OffsetDateTime,
    /// Those that were handled, and will be read once more.
    handled: HashMap<UserId, OffsetDateTime>,
}

impl AccessWatch {
    /// Sees what happens from now on.
    pub fn new() -> Self {
        Self {
            since: OffsetDateTime::now_utc(),
            handled: HashMap::new(),
        }
    }

    /// Returns the users whose change is new.
    fn take_new(&mut self, found: HashMap<UserId, OffsetDateTime>) -> HashSet<UserId> {
        let is_new = |(id, at): &(&UserId, &OffsetDateTime)| self.handled.get(id) != Some(at);
        let new = found.iter().filter(is_new).map(|(id, _)| *id).collect();
        self.handled = found;
        new
    }
}

impl Default for AccessWatch {
    fn default() -> Self {
        Self::new()
    }
}

impl Chat {
    /// Disconnects the sockets on this node of users whose access others have changed since the last call, or
    /// who have ended in an app. Whoever may still come connects again.
    pub async fn disconnect_changed_users(&self, watch: &mut AccessWatch) -> Result<()> {
        let now = sqlx::query_scalar!(r#"select now() as "now!""#)
            .fetch_one(&self.0.db)
            .await?;
        let found = sqlx::query!(
            r#"select user_id as "user_id!", ended_at as "at!" from app_users where ended_at > $1
            union all
            select user_id, changed_at from access_changes where changed_at > $1 and node_id <> $2"#,
            watch.since - MAX_COMMIT,
            self.0.node.id
        )
        .fetch_all(&self.0.db)
        .await?;
        let found = found.into_iter().map(|row| (UserId(row.user_id), row.at));
        let new = watch.take_new(found.collect());
        watch.since = now;
        if new.is_empty() {
            return Ok(());
        }
        for user_id in &new {
            self.0.user_cards.invalidate(user_id).await;
        }
        let (connected, _) = self.0.presence.connections();
        for user_id in connected.into_iter().filter(|id| new.contains(id)) {
            let disconnect = Delivery::DisconnectUser(user_id);
            self.0.bus.publish_local(disconnect);
        }
        Ok(())
    }

    /// Writes down that the user's access has changed, in the transaction of the change. After the commit,
    /// `Delivery::DisconnectUser` is to be published.
    pub(crate) async fn note_access_change(
        &self,
        db: impl PgExecutor<'_>,
        user_id: UserId,
    ) -> Result<()> {
        sqlx::query!(
            "insert into access_changes (user_id, node_id, changed_at)
            values ($1, $2, clock_timestamp())
            on conflict (user_id)
            do update set node_id = excluded.node_id, changed_at = excluded.changed_at",
            user_id.0,
            self.0.node.id
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::AccessWatch;
    use model::UserId;
    use time::{Duration, OffsetDateTime};

    #[test]
    fn each_change_is_handled_once() {
        let mut watch = AccessWatch::new();
        let at = OffsetDateTime::now_utc();
        let ada = UserId(1);
        assert!(watch.take_new([(ada, at)].into()).contains(&ada));
        assert!(watch.take_new([(ada, at)].into()).is_empty());
        let later = [(ada, at + Duration::SECOND)].into();
        assert!(watch.take_new(later).contains(&ada));
        assert!(watch.take_new([].into()).is_empty());
    }
}
