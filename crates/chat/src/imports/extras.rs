//! Importing what is kept apart from the messages: attachments and reactions.

use super::{
    attachments::check,
    batch::{Batch, Counters},
    known_messages::KnownMessages,
    outcome::Outcome,
    records::{MessageAttachment, Reaction},
};
use crate::{ExternalId, Result, messages::MAX_ATTACHMENTS, text};
use std::collections::{BTreeSet, HashMap, HashSet};
use time::OffsetDateTime;

pub async fn import_attachments(
    batch: &mut Batch<'_>,
    rows: &[MessageAttachment],
) -> Result<Outcome> {
    let (known, _) = lock_messages(batch, rows.iter().map(|row| &row.message)).await?;
    let (mut ids, mut names, mut urls) = (Vec::new(), Vec::new(), Vec::new());
    let mut kept = Vec::new();
    let mut seen = HashSet::new();
    for row in rows {
        let Some(message_id) = find_message(batch, &known, &row.message) else {
            continue;
        };
        match check(&row.attachment) {
            Ok(file) if seen.insert((message_id, file.url.clone())) => {
                ids.push(message_id);
                names.push(file.name);
                urls.push(file.url);
                kept.push(&row.message);
            }
            Ok(_) => batch.outcome.unchanged += 1,
            Err(reason) => batch.outcome.leave(&row.message, reason),
        }
    }
    let max = i64::try_from(MAX_ATTACHMENTS).unwrap_or(i64::MAX);
    let rows = sqlx::query!(
        r#"with given as materialized (
            select g.*, exists (
                select from attachments a where a.message_id = g.message_id and a.url = g.url
            ) as is_there, (
                select count(*) from attachments a where a.message_id = g.message_id
            ) as had
            from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality
                g(message_id, name, url, n)
        ), new as materialized (
            select g.*, g.had + row_number() over (partition by g.message_id order by g.n) as position
            from given g where not g.is_there
        ), written as (
            insert into attachments (message_id, position, name, url)
            select message_id, position, name, url from new where position <= $4
        )
        select n as "n!", message_id as "message_id!", position <= $4 as "fits!" from new"#,
        &ids,
        &names,
        &urls,
        max
    )
    .fetch_all(&mut *batch.db)
    .await?;
    let mut changed = BTreeSet::new();
    for row in &rows {
        let external_id = usize::try_from(row.n - 1).ok().and_then(|n| kept.get(n));
        if row.fits {
            batch.outcome.taken += 1;
            changed.insert(row.message_id);
        } else if let Some(id) = external_id {
            batch
                .outcome
                .leave(id, "an attachment left out: a message has at most 10");
        }
    }
    batch.outcome.unchanged += (kept.len() - rows.len()) as u64;
    batch.bump(&changed.into_iter().collect::<Vec<_>>()).await?;
    Ok(std::mem::take(&mut batch.outcome))
}

pub async fn import_reactions(batch: &mut Batch<'_>, rows: &[Reaction]) -> Result<Outcome> {
    let people = batch.people(rows.iter().map(|row| &row.user)).await?;
    let (known, locked) = lock_messages(batch, rows.iter().map(|row| &row.message)).await?;
    let (mut ids, mut emojis, mut user_ids, mut times) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let Some(message_id) = find_message(batch, &known, &row.message) else {
            continue;
        };
        let Some(emoji) = text::imported_reaction(&row.emoji) else {
            let reason = "a reaction left out: it must have 1 to 32 characters";
            batch.outcome.leave(&row.message, reason);
            continue;
        };
        let conversation = known.get(&row.message);
        let conversation = conversation.and_then(|it| locked.get(&it.conversation_id));
        if let Some(user_id) = people.get(&row.user) {
            if conversation.is_some_and(|it| !it.has_room_for(*user_id)) {
                let reason = "a reaction left out: its user is not one of the two people";
                batch.outcome.leave(&row.message, reason);
                continue;
            }
            ids.push(message_id);
            emojis.push(emoji);
            user_ids.push(*user_id);
            times.push(row.created_at);
        }
    }
    let written = sqlx::query_scalar!(
        "insert into reactions (message_id, emoji, user_id, created_at)
        select g.message_id, g.emoji, g.user_id, coalesce(g.created_at, now())
        from unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[])
            g(message_id, emoji, user_id, created_at)
        on conflict do nothing returning message_id",
        &ids,
        &emojis,
        &user_ids,
        &times as &[Option<OffsetDateTime>]
    )
    .fetch_all(&mut *batch.db)
    .await?;
    batch.outcome.taken += written.len() as u64;
    batch.outcome.unchanged += (ids.len() - written.len()) as u64;
    let changed: BTreeSet<_> = written.into_iter().collect();
    batch.bump(&changed.into_iter().collect::<Vec<_>>()).await?;
    Ok(std::mem::take(&mut batch.outcome))
}

/// The messages of these old ids, with their conversations locked.
async fn lock_messages<'a>(
    batch: &mut Batch<'_>,
    ids: impl Iterator<Item = &'a ExternalId> + Clone,
) -> Result<(KnownMessages, HashMap<i64, Counters>)> {
    let known = batch.known_messages(ids.clone()).await?;
    let conversations: BTreeSet<_> = known.values().map(|it| it.conversation_id).collect();
    let locked = batch
        .lock(&conversations.into_iter().collect::<Vec<_>>())
        .await?;
    // Again, because one may have been deleted before the lock.
    Ok((batch.known_messages(ids).await?, locked))
}

fn find_message(batch: &mut Batch<'_>, known: &KnownMessages, id: &ExternalId) -> Option<i64> {
    match known.get(id) {
        Some(message) if message.is_deleted => {
            batch.outcome.leave(id, "its message is deleted");
            None
        }
        Some(message) => Some(message.id),
        None => {
            batch.outcome.leave(id, "its message is not known");
            None
        }
    }
}
