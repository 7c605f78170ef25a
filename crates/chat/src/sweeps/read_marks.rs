//! Old read marks. Of the marks of a reader in a conversation that are older than a year, only the last
//! is kept: all messages up to its position had been read by then.

use super::part::{Cursor, Part};
use crate::Result;
use sqlx::PgConnection;

/// Readers of a conversation that one part looks at.
const MAX_READERS: i64 = 500;

/// Days for which the time of every reading is kept.
const EXACT_DAYS: i32 = 365;

pub async fn sweep(tx: &mut PgConnection, after: Cursor) -> Result<Part> {
    // One step along the primary key for each reader, whatever the number of marks.
    let readers = sqlx::query!(
        r#"with recursive readers as (
            (
                select conversation_id, user_id from read_marks
                where (conversation_id, user_id) > ($1, $2)
                order by conversation_id, user_id limit 1
            )
            union all
            select next.conversation_id, next.user_id from readers r
            cross join lateral (
                select conversation_id, user_id from read_marks
                where (conversation_id, user_id) > (r.conversation_id, r.user_id)
                order by conversation_id, user_id limit 1
            ) next
        )
        select conversation_id as "conversation_id!", user_id as "user_id!" from readers limit $3"#,
        after.id,
        after.user_id,
        MAX_READERS
    )
    .fetch_all(&mut *tx)
    .await?;
    let (conversation_ids, user_ids): (Vec<_>, Vec<_>) = readers
        .iter()
        .map(|it| (it.conversation_id, it.user_id))
        .unzip();
    // The first mark of a reader is the oldest: most readers have no old one, which a look at it tells.
    let done = sqlx::query!(
        "delete from read_marks r
        using unnest($1::bigint[], $2::bigint[]) reader(conversation_id, user_id)
        cross join lateral (
            select k.position from read_marks k
            where k.conversation_id = reader.conversation_id and k.user_id = reader.user_id
                and k.read_at < now() - make_interval(days => $3)
                and (
                    select f.read_at from read_marks f
                    where f.conversation_id = reader.conversation_id and f.user_id = reader.user_id
                    order by f.position limit 1
                ) < now() - make_interval(days => $3)
            order by k.position desc limit 1
        ) kept
        where r.conversation_id = reader.conversation_id and r.user_id = reader.user_id
            and r.position < kept.position",
        &conversation_ids,
        &user_ids,
        EXACT_DAYS
    )
    .execute(tx)
    .await?;
    Ok(Part {
        deleted: done.rows_affected(),
        next: readers.last().map(|it| Cursor {
            id: it.conversation_id,
            user_id: it.user_id,
        }),
    })
}
