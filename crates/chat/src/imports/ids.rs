//! The ids of imported conversations and messages: the old number where it is free, else a new one.

use crate::{ExternalId, Result};
use model::AppId;
use sqlx::PgConnection;
use std::collections::HashSet;

/// The largest old number that a row keeps. Ids are numbers of JavaScript at some contracts (up to 2^53):
/// this leaves 32 times as many for what comes after the import.
const MAX_KEPT: i64 = 1 << 48;

/// The sequence is set this far beyond the largest old number, so that the numbers that the other system
/// still gives out until the switch stay free. It also keeps ids that are drawn meanwhile, which the
/// sequence does not lock out, from being given out again.
const HEADROOM: i64 = 100_000;

#[derive(Clone, Copy)]
pub enum Table {
    Conversations,
    Messages,
}

/// An id for a row of each of the external ids, none of which has a row.
pub async fn assign_ids(
    db: &mut PgConnection,
    table: Table,
    external_ids: &[&ExternalId],
) -> Result<Vec<i64>> {
    let numbers: Vec<_> = external_ids.iter().map(|id| number(id)).collect();
    let mut kept: Vec<_> = numbers
        .iter()
        .flatten()
        .copied()
        .filter(|id| *id <= MAX_KEPT)
        .collect();
    if let Some(largest) = kept.iter().max() {
        let taken: HashSet<_> = taken_ids(db, table, &kept).await?.into_iter().collect();
        advance_sequence(db, table, *largest).await?;
        kept.retain(|id| !taken.contains(id));
    }
    let mut kept: HashSet<_> = kept.into_iter().collect();
    let new = external_ids.len().saturating_sub(kept.len());
    let mut new = draw_ids(db, table, new).await?.into_iter();
    let mut ids = Vec::with_capacity(external_ids.len());
    for number in numbers {
        // Of two spellings of a number (`7`, `07`), one keeps it.
        let id = match number {
            Some(number) if kept.remove(&number) => number,
            _ => match new.next() {
                Some(id) => id,
                None => draw_ids(db, table, 1).await?[0],
            },
        };
        ids.push(id);
    }
    Ok(ids)
}

/// What the contracts would take for an id of ours.
fn number(id: &ExternalId) -> Option<i64> {
    let is_digits = id.as_str().bytes().all(|byte| byte.is_ascii_digit());
    id.as_str().parse().ok().filter(|id| is_digits && *id > 0)
}

async fn taken_ids(db: &mut PgConnection, table: Table, ids: &[i64]) -> Result<Vec<i64>> {
    Ok(match table {
        Table::Conversations => {
            sqlx::query_scalar!("select id from conversations where id = any($1)", ids)
                .fetch_all(db)
                .await?
        }
        Table::Messages => {
            sqlx::query_scalar!("select id from messages where id = any($1)", ids)
                .fetch_all(db)
                .await?
        }
    })
}

async fn advance_sequence(db: &mut PgConnection, table: Table, largest: i64) -> Result<()> {
    match table {
        Table::Conversations => {
            sqlx::query!(
                "select setval('conversations_id_seq', $1) as new from conversations_id_seq
                where last_value <= $2",
                largest + HEADROOM,
                largest
            )
            .fetch_optional(db)
            .await?;
        }
        Table::Messages => {
            sqlx::query!(
                "select setval('messages_id_seq', $1) as new from messages_id_seq
                where last_value <= $2",
                largest + HEADROOM,
                largest
            )
            .fetch_optional(db)
            .await?;
        }
    }
    Ok(())
}

async fn draw_ids(db: &mut PgConnection, table: Table, count: usize) -> Result<Vec<i64>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(match table {
        Table::Conversations => {
            sqlx::query_scalar!(
                r#"select nextval('conversations_id_seq') as "id!" from generate_series(1, $1::bigint)"#,
                count
            )
            .fetch_all(db)
            .await?
        }
        Table::Messages => {
            sqlx::query_scalar!(
                r#"select nextval('messages_id_seq') as "id!" from generate_series(1, $1::bigint)"#,
                count
            )
            .fetch_all(db)
            .await?
        }
    })
}

/// Remembers the largest of the numbers that are not the ids of their rows.
pub async fn note_moved(
    db: &mut PgConnection,
    app_id: AppId,
    table: Table,
    links: impl Iterator<Item = (&ExternalId, i64)>,
) -> Result<()> {
    let moved = links.filter_map(|(external_id, id)| number(external_id).filter(|it| *it != id));
    let Some(largest) = moved.max() else {
        return Ok(());
    };
    match table {
        Table::Conversations => {
            sqlx::query!(
                "update apps set largest_moved_conversation = $2
                where id = $1 and largest_moved_conversation < $2",
                app_id.0,
                largest
            )
            .execute(db)
            .await?
        }
        Table::Messages => {
            sqlx::query!(
                "update apps set largest_moved_message = $2
                where id = $1 and largest_moved_message < $2",
                app_id.0,
                largest
            )
            .execute(db)
            .await?
        }
    };
    Ok(())
}
