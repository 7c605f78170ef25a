//! Times at which a node shall do something for a user.

use crate::{Error, Result, page};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// A time that a caller gives, in UTC and as the database holds it: 30 seconds to 366 days from now by its clock, by
/// which it becomes due.
pub async fn due_time(
    tx: &mut PgConnection,
    field: &str,
    at: OffsetDateTime,
) -> Result<OffsetDateTime> {
    let invalid = || Error::invalid(field, "must be 30 seconds to 366 days from now");
    let at = page::time(field, Some(at))?.ok_or_else(invalid)?;
    let at = sqlx::query_scalar!(
        "select case when $1 between clock_timestamp() + interval '30 seconds'
            and clock_timestamp() + interval '366 days' then $1::timestamptz end as at",
        at
    )
    .fetch_one(tx)
    .await?;
    at.ok_or_else(invalid)
}

/// The time so many seconds from now, by the same clock and within the same bounds.
pub async fn due_in(tx: &mut PgConnection, field: &str, seconds: u32) -> Result<OffsetDateTime> {
    if !(30..=366 * 86_400).contains(&seconds) {
        let reason = "must be 30 seconds to 366 days, in seconds";
        return Err(Error::invalid(field, reason));
    }
    let at = sqlx::query_scalar!(
        r#"select date_trunc('milliseconds', clock_timestamp() + $1 * interval '1 second') as "at!""#,
        f64::from(seconds)
    );
    Ok(at.fetch_one(tx).await?)
}
