//! Entries of the audit log that are older than they are kept.

use super::part::{Cursor, Part};
use crate::{Chat, Result, audit};
use sqlx::PgConnection;

const SECONDS_PER_DAY: u64 = 86_400;

pub async fn sweep(chat: &Chat, tx: &mut PgConnection) -> Result<Part> {
    const NOTHING: Part = Part {
        deleted: 0,
        next: None,
    };
    let Some(age) = chat.0.timings.audit_log_age else {
        return Ok(NOTHING);
    };
    let days = i32::try_from(age.as_secs() / SECONDS_PER_DAY).unwrap_or(i32::MAX);
    let (deleted, has_more) = audit::sweep(tx, days).await?;
    Ok(Part {
        deleted,
        // The chain itself says where the next part begins.
        next: has_more.then_some(Cursor { id: 0, user_id: 0 }),
    })
}
