//! The conversations of an export, in the order of their ids, and ranges of their messages.

use super::state::{Cursor, Export, PAGE_ROWS};
use crate::{ExternalId, Result, conversations::kind_text};
use model::ConversationKind;
use sqlx::PgConnection;

/// Conversations that are looked at for one page.
const MAX_CONVERSATIONS: usize = 500;

/// A conversation with its id in the export.
pub struct Place {
    pub id: i64,
    pub external_id: ExternalId,
    /// The number of its messages, and of its members.
    pub messages: i64,
    pub members: i64,
}

/// Positions above `from`, up to `to`.
pub struct Range {
    pub place: Place,
    pub from: i64,
    pub to: i64,
}

impl Export {
    /// The next conversations, from this id on, and whether there may be more.
    pub(super) async fn places(&mut self, from: i64) -> Result<(Vec<Place>, bool)> {
        let (ids, has_more) = next(&self.conversation_ids, from, MAX_CONVERSATIONS);
        let ids = ids.to_vec();
        let rows = sqlx::query!(
            r#"select c.id, c.position, c.member_count,
                (select min(external_id) from app_conversations x
                    where x.conversation_id = c.id and x.app_id = $1) as external_id,
                exists (select from app_conversations x
                    where x.app_id = $1 and x.external_id = c.id::text) as "is_number_taken!"
            from conversations c
            where c.id = any($2) order by c.id"#,
            self.app_id.0,
            &ids
        )
        .fetch_all(&mut *self.db)
        .await?;
        let places = rows.into_iter().map(|row| {
            let external_id =
                self.ids
                    .conversations
                    .item(row.external_id, row.id, row.is_number_taken)?;
            Ok(Place {
                id: row.id,
                external_id,
                messages: row.position,
                members: row.member_count,
            })
        });
        Ok((places.collect::<Result<_>>()?, has_more))
    }

    /// Ranges of about `PAGE_ROWS` messages after the cursor, and where the next ones begin.
    pub(super) async fn ranges(
        &mut self,
        after: Option<Cursor>,
    ) -> Result<(Vec<Range>, Option<Cursor>)> {
        let after = after.unwrap_or(Cursor { id: 0, position: 0 });
        let (places, has_more) = self.places(after.id).await?;
        let mut ranges = Vec::new();
        let mut room = PAGE_ROWS;
        let mut last = after.id;
        for place in places {
            last = place.id;
            let from = if place.id == after.id {
                after.position
            } else {
                0
            };
            let to = place.messages.min(from + room);
            let (id, is_whole) = (place.id, to == place.messages);
            if to > from {
                room -= to - from;
                ranges.push(Range { place, from, to });
            }
            if !is_whole {
                return Ok((ranges, Some(Cursor { id, position: to })));
            }
        }
        let next = has_more.then_some(Cursor {
            id: last + 1,
            position: 0,
        });
        Ok((ranges, next))
    }
}

/// The ranges as three arrays for `unnest`.
pub fn columns(ranges: &[Range]) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
    let (mut ids, mut froms, mut tos) = (Vec::new(), Vec::new(), Vec::new());
    for range in ranges {
        ids.push(range.place.id);
        froms.push(range.from);
        tos.push(range.to);
    }
    (ids, froms, tos)
}

/// The next of the sorted ids, from this one on, and whether there are more.
pub fn next(ids: &[i64], from: i64, max: usize) -> (&[i64], bool) {
    let rest = &ids[ids.partition_point(|id| *id < from)..];
    (&rest[..rest.len().min(max)], rest.len() > max)
}

/// The conversations of these kinds that the app has brought or its users are in, sorted.
pub async fn conversation_ids(
    db: &mut PgConnection,
    app_id: i64,
    kinds: &[ConversationKind],
) -> Result<Vec<i64>> {
    let kinds: Vec<_> = kinds.iter().map(|it| kind_text(*it).to_owned()).collect();
    let ids = sqlx::query_scalar!(
        r#"select c.id from conversations c
        where c.kind = any($2) and c.id in (
            select conversation_id from app_conversations where app_id = $1
            union
            select m.conversation_id from app_users a
            join members m on m.user_id = a.user_id and m.left_at is null
            where a.app_id = $1
        )
        order by c.id"#,
        app_id,
        &kinds
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}

/// The users of the app, and those who are or were in one of the conversations, sorted.
pub async fn user_ids(
    db: &mut PgConnection,
    app_id: i64,
    conversation_ids: &[i64],
) -> Result<Vec<i64>> {
    let ids = sqlx::query_scalar!(
        r#"select user_id as "id!" from (
            select user_id from app_users where app_id = $1
            union
            select m.user_id from unnest($2::bigint[]) c(id)
            join members m on m.conversation_id = c.id
        ) users order by user_id"#,
        app_id,
        conversation_ids
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}
