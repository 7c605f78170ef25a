//! Importing read states that are kept apart from the messages.

use super::{
    batch::Batch,
    outcome::Outcome,
    reads::Reads,
    records::{ConversationRef, ReadState, ReadUpTo},
};
use crate::Result;
use std::collections::HashMap;
use time::OffsetDateTime;

pub async fn import(batch: &mut Batch<'_>, rows: &[ReadState]) -> Result<Outcome> {
    let of = |row: &ReadState| match &row.up_to {
        ReadUpTo::Time(of, _) | ReadUpTo::Everything(of) => Some(of.clone()),
        ReadUpTo::Message(_) => None,
    };
    let refs: Vec<_> = rows.iter().filter_map(of).collect();
    let pairs = refs.iter().filter_map(|it| match it {
        ConversationRef::Pair(one, other) => Some([one, other]),
        ConversationRef::Id(_) => None,
    });
    let named = rows.iter().map(|row| &row.user).chain(pairs.flatten());
    let people = batch.people(named).await?;
    let conversations = batch.find_conversations(&refs, &people).await?;
    let messages = rows.iter().filter_map(|row| match &row.up_to {
        ReadUpTo::Message(id) => Some(id),
        _ => None,
    });
    let messages = batch.known_messages(messages).await?;
    let times = rows.iter().filter_map(|row| match &row.up_to {
        ReadUpTo::Time(of, at) => Some((*conversations.get(of)?, Some(*at))),
        ReadUpTo::Everything(of) => Some((*conversations.get(of)?, None)),
        ReadUpTo::Message(_) => None,
    });
    let positions = positions_at(batch, times).await?;

    let mut reads = Reads::default();
    let mut readers = Vec::with_capacity(rows.len());
    for row in rows {
        let place = match &row.up_to {
            ReadUpTo::Message(id) => messages.get(id).map(|it| (it.conversation_id, it.position)),
            ReadUpTo::Time(of, at) => place(&positions, conversations.get(of), Some(*at)),
            ReadUpTo::Everything(of) => place(&positions, conversations.get(of), None),
        };
        let (Some((id, position)), Some(user_id)) = (place, people.get(&row.user)) else {
            let reason = "what was read is not known";
            batch.outcome.leave(&row.user, reason);
            continue;
        };
        if position > 0 {
            reads.read((id, *user_id), position, row.at);
        }
        readers.push((id, *user_id));
    }
    let moved = reads.write(batch).await?;
    for reader in readers {
        if moved.readers.contains(&reader) {
            batch.outcome.taken += 1;
        } else {
            batch.outcome.unchanged += 1;
        }
    }
    Ok(std::mem::take(&mut batch.outcome))
}

/// The position of the newest message at a time, `None` being now.
type Positions = HashMap<(i64, Option<OffsetDateTime>), i64>;

fn place(
    positions: &Positions,
    id: Option<&i64>,
    at: Option<OffsetDateTime>,
) -> Option<(i64, i64)> {
    let id = *id?;
    Some((id, *positions.get(&(id, at))?))
}

async fn positions_at(
    batch: &mut Batch<'_>,
    times: impl Iterator<Item = (i64, Option<OffsetDateTime>)>,
) -> Result<Positions> {
    let (ids, times): (Vec<_>, Vec<_>) = times.unzip();
    if ids.is_empty() {
        return Ok(Positions::new());
    }
    let rows = sqlx::query!(
        r#"select g.n as "n!", case when g.at is null then c.position else coalesce((
                select m.position from messages m
                where m.conversation_id = c.id and m.created_at <= g.at
                order by m.created_at desc, m.position desc limit 1
            ), 0) end as "position!"
        from unnest($1::bigint[], $2::timestamptz[]) with ordinality g(id, at, n)
        join conversations c on c.id = g.id"#,
        &ids,
        &times as &[Option<OffsetDateTime>]
    )
    .fetch_all(&mut *batch.db)
    .await?;
    let found: HashMap<_, _> = rows.into_iter().map(|row| (row.n, row.position)).collect();
    let keys = ids.into_iter().zip(times);
    let positions = (1..)
        .zip(keys)
        .filter_map(|(n, key)| Some((key, *found.get(&n)?)));
    Ok(positions.collect())
}
