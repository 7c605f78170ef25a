//! Refresh of what has no seq: after a loss, receipts, unread counts, profiles and favorites that changed
//! meanwhile are read from the database, and told to the clients of this node, and so is where personal
//! sequences stand. What users have chosen as
//! their presence is compared at every run of anti-entropy.
//!
//! The database has the times at which they changed (`0042_moments.sql`), so no node has to keep what it
//! published, and what a node that died did not publish is found too.

use super::state::{Cluster, lock};
use crate::{
    chat::Chat,
    error::Result,
    presence::{choice::parse_choice, table::StoredChoice},
};
use model::UserId;
use time::OffsetDateTime;

/// Conversations per query: their members are looked through.
const CONVERSATIONS_PER_QUERY: usize = 200;

/// Users per query.
const USERS_PER_QUERY: usize = 1000;

/// A change is looked for although the database noted it this long before the last run that found
/// nothing missing: a loss is noticed up to `echo_timeout` (4 s) late, and a change is committed
/// after its time was taken.
const MARGIN: time::Duration = time::Duration::seconds(10);

impl Chat {
    /// Tells the clients of this node what has changed without a seq since then, less `MARGIN`.
    pub(super) async fn refresh_unsequenced(
        &self,
        cluster: &Cluster,
        since: OffsetDateTime,
    ) -> Result<()> {
        let since = since - MARGIN;
        let conversations = lock(&cluster.sequencer).conversations();
        for ids in conversations.chunks(CONVERSATIONS_PER_QUERY) {
            self.publish_missed_receipts(ids, since).await?;
        }
        let (users, _) = self.0.presence.connections();
        for ids in users.chunks(USERS_PER_QUERY) {
            self.publish_missed_announcement_receipts(ids, since)
                .await?;
            self.publish_missed_favorites(ids, since).await?;
            self.publish_missed_personal(ids, since).await?;
        }
        self.publish_missed_profiles(since).await
    }

    /// Takes over what the connected users have chosen as the database has it.
    pub(super) async fn audit_presence_choices(&self) -> Result<()> {
        let presence = &self.0.presence;
        let users = presence.users_anywhere();
        let mut hidden = Vec::new();
        for ids in users.chunks(USERS_PER_QUERY) {
            let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
            presence.begin_audit();
            let rows = sqlx::query!(
                "select id, presence_choice, last_seen_at from users where id = any($1)",
                &ids
            )
            .fetch_all(&self.0.db)
            .await?;
            let choices = rows.into_iter().map(|row| StoredChoice {
                user_id: UserId(row.id),
                choice: parse_choice(&row.presence_choice),
                last_seen_at: row.last_seen_at,
            });
            hidden.extend(presence.finish_audit(choices.collect()));
        }
        for user_id in hidden {
            self.stop_typing_anywhere(user_id);
        }
        self.schedule_presence_broadcast();
        Ok(())
    }
}
