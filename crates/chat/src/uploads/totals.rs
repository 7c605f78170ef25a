//! The limit for all files of the server together.
//!
//! Far from the limit, uploads are begun side by side: each looks at the sum when it has added its own bytes, and leaves
//! room for those that are not committed yet. There are 15 of these at most, one in each other part of the sum
//! (`0150_uploads.sql`), and none is larger than a file may be. Where that room is not left, an upload is begun while it
//! has all parts, and sees the sum as it is: so the limit is used to its last byte, and never exceeded.

use crate::{Chat, Error, Result};
use sqlx::PgConnection;

/// Uploads that may be begun at the same time besides one.
const MAX_OTHERS: i64 = 15;

const FULL: Error =
    Error::StorageFull("The files of all people take all the room that this server has for them.");

/// How an upload is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Beside others.
    Shared,
    /// While no other one is.
    Alone,
}

impl Chat {
    /// How an upload of so many bytes is to be begun. The sum may be another one by then.
    pub(super) async fn way_to_begin(&self, size: i64) -> Result<Beginning> {
        let Some(limit) = self.0.uploads.settings.total_bytes else {
            return Ok(Beginning::Shared);
        };
        let mut db = self.0.db.acquire().await?;
        let sum = sum(&mut db).await?;
        Ok(if self.leaves_room(sum.saturating_add(size), limit) {
            Beginning::Shared
        } else {
            Beginning::Alone
        })
    }

    /// Before an upload is written that is begun alone. The parts are locked until its transaction ends.
    ///
    /// # Errors
    /// `StorageFull` if there is no room for it.
    pub(super) async fn require_room_of_all(&self, tx: &mut PgConnection, size: i64) -> Result<()> {
        let Some(limit) = self.0.uploads.settings.total_bytes else {
            return Ok(());
        };
        sqlx::query!("select from upload_totals order by part for no key update")
            .execute(&mut *tx)
            .await?;
        if sum(tx).await?.saturating_add(size) > limit {
            return Err(FULL);
        }
        Ok(())
    }

    /// Whether an upload that is written, and was begun beside others, may be committed.
    pub(super) async fn has_room_beside_others(&self, tx: &mut PgConnection) -> Result<bool> {
        match self.0.uploads.settings.total_bytes {
            Some(limit) => Ok(self.leaves_room(sum(tx).await?, limit)),
            None => Ok(true),
        }
    }

    fn leaves_room(&self, sum: i64, limit: i64) -> bool {
        let others = MAX_OTHERS.saturating_mul(self.max_upload_bytes());
        sum.saturating_add(others) <= limit
    }

    /// Bytes of all uploads, as they count for the limit.
    pub async fn upload_bytes(&self) -> Result<i64> {
        let mut db = self.0.db.acquire().await?;
        sum(&mut db).await
    }
}

async fn sum(db: &mut PgConnection) -> Result<i64> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(bytes), 0)::bigint as "sum!" from upload_totals"#
    )
    .fetch_one(db)
    .await?;
    Ok(sum)
}
