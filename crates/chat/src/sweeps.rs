//! Sweeps: what nobody needs any more is deleted, once a day, in small parts, by one node at a time.
//!
//! Sessions and links that have ended, used refresh tokens, old read marks, old entries of the audit log, uploads that no message has, bytes of those
//! that were deleted, pages that no message previews and the rows of dead nodes are swept.
//! Messages, their edits, reactions, mentions and attachments, members and what they left, and the ids
//! that apps gave are content: they stay as long as their conversation or app.

mod audit_entries;
mod link_pages;
mod links;
mod nodes;
mod part;
mod read_marks;
mod sessions;
mod uploads;

use crate::{Chat, Result};
use part::{Cursor, Part};
use sqlx::PgConnection;
use std::time::Duration;
use tokio::time::sleep;

/// Those that have a row in the table `sweeps`.
const SWEEPS: [&str; 9] = [
    "sessions",
    "invitations",
    "password_resets",
    "email_verifications",
    "read_marks",
    "uploads",
    "link_pages",
    "removed_uploads",
    "audit_entries",
];

/// From the start of a node to its first look for a sweep that is due, and between two such looks.
const LOOK_INTERVAL: Duration = Duration::from_mins(10);

/// Between two rounds of one sweep, in seconds: a day.
const ROUND_SECONDS: f64 = 86_400.0;

/// Between two parts of a round, so that people's own queries come first.
const PART_DELAY: Duration = Duration::from_millis(100);

impl Chat {
    /// Sweeps whatever is due, until it is aborted.
    pub async fn keep_swept(&self) {
        loop {
            sleep(LOOK_INTERVAL).await;
            match self.sweep().await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "rows that nobody needs were swept"),
                Err(error) => tracing::warn!(%error, "sweeping goes on later"),
            }
        }
    }

    /// Sweeps what is due now to its end, unless another node is at it. Returns the number of rows that
    /// were deleted.
    pub async fn sweep(&self) -> Result<u64> {
        let mut deleted = nodes::sweep(&self.0.db).await?;
        for name in SWEEPS {
            while let Some(part) = self.sweep_part(name).await? {
                deleted += part.deleted;
                if part.next.is_none() {
                    break;
                }
                sleep(PART_DELAY).await;
            }
        }
        Ok(deleted)
    }

    /// One part in a transaction of its own; `None` if the sweep is not due or another node has it.
    async fn sweep_part(&self, name: &str) -> Result<Option<Part>> {
        let mut tx = self.begin().await?;
        let Some(cursor) = claim(&mut tx, name).await? else {
            return Ok(None);
        };
        let part = match name {
            "sessions" => sessions::sweep(&mut tx, cursor).await?,
            "invitations" => links::sweep_invitations(&mut tx, cursor).await?,
            "password_resets" => links::sweep_password_resets(&mut tx, cursor).await?,
            "email_verifications" => links::sweep_email_verifications(&mut tx, cursor).await?,
            "uploads" => uploads::sweep(self, &mut tx, cursor).await?,
            "link_pages" => link_pages::sweep(&mut tx, cursor).await?,
            "removed_uploads" => uploads::sweep_bytes(self, &mut tx, cursor).await?,
            "audit_entries" => audit_entries::sweep(self, &mut tx).await?,
            _ => read_marks::sweep(&mut tx, cursor).await?,
        };
        let next = part.next.unwrap_or_default();
        sqlx::query!(
            "update sweeps set after_id = $2, after_user_id = $3,
                finished_at = case when $4 then now() else finished_at end
            where name = $1",
            name,
            next.id,
            next.user_id,
            part.next.is_none()
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(part))
    }
}

/// Locks the row of a sweep that is due.
async fn claim(tx: &mut PgConnection, name: &str) -> Result<Option<Cursor>> {
    let row = sqlx::query!(
        "select after_id, after_user_id from sweeps
        where name = $1
            and (finished_at is null or finished_at < now() - make_interval(secs => $2))
        for update skip locked",
        name,
        ROUND_SECONDS
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| Cursor {
        id: row.after_id,
        user_id: row.after_user_id,
    }))
}
