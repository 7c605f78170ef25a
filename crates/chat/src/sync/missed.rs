//! What has no seq and a client has missed: the profiles of people that it shows, and receipts.

use crate::{Caller, Chat, Error, Result};
use model::{ConversationId, Receipt, Sender, Sync, SyncRequest, UserId};
use time::{Duration, OffsetDateTime};

/// Conversations of which a request may ask the receipts: their members are looked through.
const MAX_CONVERSATIONS: usize = 20;

/// Receipts in an answer. Of more, the latest.
const MAX_RECEIPTS: i64 = 1000;

/// Changed users that are looked at, and so the most profiles in an answer. Of more, as after a large update
/// of a directory, the latest.
const MAX_PROFILES: i64 = 500;

/// A change counts although it was noted this long before `since`: it is committed, and told, after its
/// time was taken.
const MARGIN: Duration = Duration::seconds(30);

impl Chat {
    /// The time of this answer, and the profiles and receipts that changed since the one that the request
    /// names.
    pub(super) async fn missed(&self, caller: &Caller, request: &SyncRequest) -> Result<Sync> {
        if request.receipts.len() > MAX_CONVERSATIONS {
            return Err(Error::invalid("receipts", "must be at most 20"));
        }
        let mut missed = Sync {
            // Before the queries: what changes meanwhile is in the next answer.
            time: Some(self.database_time().await?),
            ..Sync::default()
        };
        if let Some(since) = request.since.and_then(|it| it.checked_sub(MARGIN)) {
            missed.profiles = self.changed_profiles(caller, since).await?;
            missed.receipts = self
                .moved_positions(caller, &request.receipts, since)
                .await?;
        }
        Ok(missed)
    }

    /// The time of the database, whose clock all nodes share.
    pub(crate) async fn database_time(&self) -> Result<OffsetDateTime> {
        let now = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#);
        Ok(now.fetch_one(&self.0.db).await?)
    }

    async fn changed_profiles(
        &self,
        caller: &Caller,
        since: OffsetDateTime,
    ) -> Result<Vec<Sender>> {
        let rows = sqlx::query!(
            "select u.id, u.username, u.name, u.avatar_url, u.is_bot
            from (
                select id, username, name, avatar_url, is_bot, profile_changed_at from users
                where profile_changed_at > $2 order by profile_changed_at desc limit $3
            ) u
            where u.id = $1 or exists (
                select from members theirs join members mine
                    on mine.conversation_id = theirs.conversation_id and mine.user_id = $1
                where theirs.user_id = u.id and theirs.left_at is null and mine.left_at is null
            )
            order by u.profile_changed_at desc",
            caller.user_id.0,
            since,
            MAX_PROFILES
        )
        .fetch_all(&self.0.db)
        .await?;
        let profiles = rows.into_iter().map(|row| Sender {
            id: UserId(row.id),
            username: row.username,
            name: row.name,
            avatar_url: row.avatar_url,
            bot: row.is_bot,
        });
        Ok(profiles.collect())
    }

    /// Of the announcements, whose readers nobody sees, there are none.
    async fn moved_positions(
        &self,
        caller: &Caller,
        ids: &[ConversationId],
        since: OffsetDateTime,
    ) -> Result<Vec<Receipt>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            "select m.conversation_id, m.user_id, m.read_position, m.delivered_position
            from members mine join members m on m.conversation_id = mine.conversation_id
            where mine.user_id = $1 and mine.conversation_id = any($2) and mine.left_at is null
                and m.left_at is null and m.moved_at > $3
            order by m.moved_at desc limit $4",
            caller.user_id.0,
            &ids,
            since,
            MAX_RECEIPTS
        )
        .fetch_all(&self.0.db)
        .await?;
        let receipts = rows.into_iter().map(|row| Receipt {
            conversation_id: ConversationId(row.conversation_id),
            user_id: UserId(row.user_id),
            read_position: row.read_position,
            delivered_position: row.delivered_position,
            details: None,
        });
        Ok(receipts.collect())
    }
}
