//! Users who ended while nobody told this node: by a command that has no Redis to tell it over.

use crate::{Chat, Delivery, Result};
use model::UserId;
use std::collections::HashSet;
use time::{Duration, OffsetDateTime};

/// How long an update of a directory may take from the end of a user to its commit.
const MAX_UPDATE: Duration = Duration::seconds(10);

impl Chat {
    /// Disconnects the sockets on this node of users who have ended since this time, and returns the
    /// time for the next call. A user of another app connects again.
    pub async fn disconnect_ended_users(&self, since: OffsetDateTime) -> Result<OffsetDateTime> {
        let now = sqlx::query_scalar!(r#"select now() as "now!""#)
            .fetch_one(&self.0.db)
            .await?;
        let ended = sqlx::query_scalar!(
            "select user_id from app_users where ended_at > $1",
            since - MAX_UPDATE
        )
        .fetch_all(&self.0.db)
        .await?;
        if ended.is_empty() {
            return Ok(now);
        }
        let ended: HashSet<_> = ended.into_iter().map(UserId).collect();
        let (connected, _) = self.0.presence.connections();
        for user_id in connected.into_iter().filter(|id| ended.contains(id)) {
            let disconnect = Delivery::DisconnectUser(user_id);
            self.0.bus.publish_local(disconnect);
        }
        Ok(now)
    }
}
