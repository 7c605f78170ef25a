//! Pages of links that have expired and that no message shows, with their pictures.

use super::part::{Cursor, Part};
use crate::Result;
use sqlx::PgConnection;

/// Pages that one part looks at.
const MAX_PAGES: i64 = 1000;

/// Hours after its end for which a page is kept: a message may be about to show it.
const ENDED_HOURS: i32 = 1;

pub async fn sweep(tx: &mut PgConnection, after: Cursor) -> Result<Part> {
    let ids = sqlx::query_scalar!(
        "select id from link_pages where id > $1 order by id limit $2",
        after.id,
        MAX_PAGES
    )
    .fetch_all(&mut *tx)
    .await?;
    let swept = sqlx::query!(
        "delete from link_pages p where p.id = any($1)
            and coalesce(p.expires_at, p.claimed_until) < now() - make_interval(hours => $2)
            and not exists (
                select from link_previews l where l.page_id = p.id and l.removed_at is null)",
        &ids,
        ENDED_HOURS
    )
    .execute(tx)
    .await?;
    Ok(Part::of(&ids, swept.rows_affected()))
}
