//! Erases what is left of deleted accounts, behind their deletion.
//!
//! Whichever node comes first takes a deletion for a while, in which the others pass over it. Each step finds what there
//! is still to do, so that a node that dies is followed by another one, and two at once do no harm. A deletion of many
//! messages goes on in turns, between which the others have theirs.

use super::{
    forget, own_messages, rows,
    taken::{PER_READ, Taken, Turn},
};
use crate::{Caller, Chat, Error, Result, audit};
use model::{ConversationId, UserId, WebhookId};
use std::time::Duration;
use tokio::time::sleep;

/// From one look for what is to be erased to the next.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// Seconds after which a node that has taken a deletion must be dead. Each step takes them anew.
const LEASE_SECONDS: f64 = 120.0;

/// Seconds until the next attempt after a failure; each further one waits as much longer, up to an hour.
const RETRY_SECONDS: f64 = 60.0;

/// Seconds after a deletion in which a request that was running then may still write something, and in which the refused
/// sign-ins of the last minute come into the audit log. What was written is erased by another pass after them.
const SETTLE_SECONDS: f64 = 90.0;

impl Chat {
    /// Erases what deleted accounts have left, until it is aborted.
    pub async fn keep_erased(&self) {
        loop {
            if let Err(error) = self.erase_deleted_users().await {
                tracing::warn!(%error, "deleted accounts are erased later");
            }
            sleep(LOOK_INTERVAL).await;
        }
    }

    /// Erases what is left of the accounts whose turn it is. One that was deleted a short time ago gets another pass.
    pub async fn erase_deleted_users(&self) -> Result<()> {
        while let Some(taken) = self.take_deletion().await? {
            let user = taken.user_id;
            match self.erase(taken).await {
                Ok(false) => self.put_back(user).await?,
                Ok(true) if taken.is_settled => {
                    self.finish_deletion(user).await?;
                    tracing::info!(%user, "nothing is left of a deleted account but what stays");
                }
                Ok(true) => self.retry_deletion(user, SETTLE_SECONDS).await?,
                Err(error) => {
                    tracing::warn!(%user, %error, "the rest of a deleted account is erased later");
                    self.retry_deletion(user, RETRY_SECONDS).await?;
                }
            }
        }
        Ok(())
    }

    /// Returns whether nothing is left, before the turn was over. What is quick comes first, for everybody.
    async fn erase(&self, taken: Taken) -> Result<bool> {
        self.leave_all(taken).await?;
        self.forget_name(taken.user_id).await?;
        self.remove_webhooks_of(taken.user_id).await?;
        self.forget_again(taken.user_id).await?;
        rows::erase_rows(self, taken).await?;
        self.hold(taken.user_id).await?;
        let mut turn = Turn::begin(taken);
        if taken.removes_messages {
            let is_whole = own_messages::erase_reactions(self, taken, &mut turn).await?
                && own_messages::erase_messages(self, taken, &mut turn).await?;
            if !is_whole {
                // The files of drafts do not wait for the messages.
                rows::erase_uploads(self, taken).await?;
                return Ok(false);
            }
        }
        rows::erase_uploads(self, taken).await?;
        if taken.removes_messages {
            return own_messages::erase_words(self, taken, &mut turn).await;
        }
        Ok(true)
    }

    /// Erases what a request has written that was running when the account was deleted: it waits for the row of the user,
    /// and goes on after the deletion. Empties what the audit log has, to its end.
    async fn forget_again(&self, id: UserId) -> Result<()> {
        let mut tx = self.begin().await?;
        forget::forget_private(&mut tx, id).await?;
        tx.commit().await?;
        while audit::erase_person(&self.0.db, id).await? {
            self.hold(id).await?;
        }
        Ok(())
    }

    /// Leaves all groups and channels. Who becomes the owner of one is the rule of leaving.
    async fn leave_all(&self, taken: Taken) -> Result<()> {
        let mut after = 0;
        loop {
            let ids = sqlx::query_scalar!(
                "select m.conversation_id from members m join conversations c on c.id = m.conversation_id
                where m.user_id = $1 and m.left_at is null and c.kind in ('group', 'channel')
                    and m.conversation_id > $3
                order by m.conversation_id limit $2",
                taken.user_id.0,
                PER_READ,
                after
            )
            .fetch_all(&self.0.db)
            .await?;
            let Some(last) = ids.last() else {
                return Ok(());
            };
            after = *last;
            for id in ids.into_iter().map(ConversationId) {
                match self.leave_uncounted(&taken.caller(), id).await {
                    // Somebody else has removed the member, or the conversation, meanwhile.
                    Ok(()) | Err(Error::NotFound(_) | Error::Forbidden(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            self.hold(taken.user_id).await?;
        }
    }

    /// Removes the webhooks that the user has made: whoever has an address of one could still send.
    async fn remove_webhooks_of(&self, id: UserId) -> Result<()> {
        let webhooks = sqlx::query!(
            "select id, conversation_id from webhooks where created_by = $1",
            id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        for webhook in webhooks {
            let conversation_id = ConversationId(webhook.conversation_id);
            match self
                .remove_webhook(
                    &Caller::acting_for(id),
                    conversation_id,
                    WebhookId(webhook.id),
                )
                .await
            {
                Ok(()) | Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn take_deletion(&self) -> Result<Option<Taken>> {
        let row = sqlx::query!(
            r#"update deletions d
            set attempt_at = clock_timestamp() + make_interval(secs => $1), attempts = d.attempts + 1
            from (
                select user_id from deletions
                where finished_at is null and attempt_at <= clock_timestamp()
                order by attempt_at limit 1 for update skip locked
            ) due
            where d.user_id = due.user_id
            returning d.user_id, d.removes_messages, d.after_message_id,
                d.requested_at < clock_timestamp() - make_interval(secs => $2) as "is_settled!""#,
            LEASE_SECONDS,
            SETTLE_SECONDS
        )
        .fetch_optional(&self.0.db)
        .await?;
        Ok(row.map(|row| Taken {
            user_id: UserId(row.user_id),
            removes_messages: row.removes_messages,
            is_settled: row.is_settled,
            after_message_id: row.after_message_id,
        }))
    }

    /// Keeps the deletion for as long again.
    pub(super) async fn hold(&self, id: UserId) -> Result<()> {
        sqlx::query!(
            "update deletions set attempt_at = clock_timestamp() + make_interval(secs => $2)
            where user_id = $1 and finished_at is null",
            id.0,
            LEASE_SECONDS
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }

    /// Lets the deletions go first that are due. A turn that was used is no failure.
    async fn put_back(&self, id: UserId) -> Result<()> {
        sqlx::query!(
            "update deletions set attempt_at = clock_timestamp(), attempts = 0
            where user_id = $1 and finished_at is null",
            id.0
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }

    async fn retry_deletion(&self, id: UserId, seconds: f64) -> Result<()> {
        sqlx::query!(
            "update deletions
            set attempt_at = clock_timestamp() + make_interval(secs => least($2::float8 * attempts, 3600))
            where user_id = $1 and finished_at is null",
            id.0,
            seconds
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }

    async fn finish_deletion(&self, id: UserId) -> Result<()> {
        sqlx::query!(
            "update deletions set finished_at = clock_timestamp() where user_id = $1",
            id.0
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }
}
