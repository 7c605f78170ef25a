//! The feed of a user's personal sequence, from which a device catches up.

use crate::{
    Caller, Chat, Error, Result, drafts::draft_changes, mutes::mute_changes, polls::vote_changes,
    reminders::reminder_changes, scheduled_messages::scheduled_changes,
};
use model::{PersonalChanges, PersonalEvent};

/// Changes in one answer.
const CHANGES_PER_ANSWER: i64 = 100;

impl Chat {
    /// What has changed after a number of the caller's personal sequence: each thing once, under its last
    /// number, in order. Things of conversations that the caller has left are
    /// left out, but for mutes, whose end with the membership is told.
    ///
    /// # Errors
    /// `Invalid` for a number below 0.
    pub async fn personal_changes(&self, caller: &Caller, after: i64) -> Result<PersonalChanges> {
        if after < 0 {
            return Err(Error::invalid("after", "must be 0 or greater"));
        }
        let user_id = caller.user_id;
        let mut db = self.0.db.acquire().await?;
        // Before the changes: all up to this number are committed. Of those beyond it, which are read one kind after
        // the other, some may be missing: they come with the next answer.
        let head = sqlx::query_scalar!(
            "select seq from personal_sequences where user_id = $1",
            user_id.0
        )
        .fetch_optional(&mut *db)
        .await?
        .unwrap_or(0);
        let limit = CHANGES_PER_ANSWER + 1;
        let mut items = draft_changes(&mut db, user_id, after, limit).await?;
        items.extend(scheduled_changes(&mut db, user_id, after, limit).await?);
        items.extend(reminder_changes(&mut db, user_id, after, limit).await?);
        items.extend(mute_changes(&mut db, user_id, after, limit).await?);
        items.extend(vote_changes(&mut db, user_id, after, limit).await?);
        items.retain(|it| it.seq() <= head);
        items.sort_by_key(PersonalEvent::seq);
        let max = usize::try_from(CHANGES_PER_ANSWER).unwrap_or(usize::MAX);
        let has_more = items.len() > max;
        items.truncate(max);
        let last = items.last().map_or(0, PersonalEvent::seq);
        Ok(PersonalChanges {
            items,
            seq: if has_more { last } else { head },
            has_more,
        })
    }
}
