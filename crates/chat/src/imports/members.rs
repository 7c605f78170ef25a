//! Importing members.

use super::{batch::Batch, outcome::Outcome, records::Members};
use crate::{Result, members::role_text};
use std::collections::{BTreeSet, HashSet};
use time::OffsetDateTime;

/// The members of all lists, as columns.
#[derive(Default)]
struct Columns {
    conversation_ids: Vec<i64>,
    user_ids: Vec<i64>,
    roles: Vec<String>,
    joined: Vec<Option<OffsetDateTime>>,
    /// The conversations whose lists are complete.
    complete: Vec<i64>,
}

pub async fn import(batch: &mut Batch<'_>, rows: &[Members]) -> Result<Outcome> {
    let ids: BTreeSet<_> = rows.iter().map(|list| &list.conversation).collect();
    let conversations = batch.conversations_by_id(&ids).await?;
    let named = rows.iter().flat_map(|list| &list.members);
    let people = batch.people(named.map(|it| &it.user)).await?;
    let mut columns = Columns::default();
    let mut seen = HashSet::new();
    for list in rows {
        let Some(id) = conversations.get(&list.conversation) else {
            for member in &list.members {
                let id = format!("{} {}", list.conversation, member.user);
                batch.outcome.leave(&id, "the conversation is not known");
            }
            continue;
        };
        for member in &list.members {
            let Some(user_id) = people.get(&member.user) else {
                continue;
            };
            if !seen.insert((*id, *user_id)) {
                let id = format!("{} {}", list.conversation, member.user);
                batch.outcome.leave(&id, "the same member twice");
                continue;
            }
            columns.conversation_ids.push(*id);
            columns.user_ids.push(*user_id);
            columns.roles.push(role_text(member.role).to_owned());
            columns.joined.push(member.joined_at);
        }
        if list.complete {
            columns.complete.push(*id);
        }
    }
    let mut ids: Vec<_> = conversations.into_values().collect();
    ids.sort_unstable();
    batch.lock(&ids).await?;
    end_absent(batch, &columns).await?;
    let updated = update_roles(batch, &columns).await?;
    let taken = join(batch, &columns).await?;
    batch.outcome.updated += updated;
    batch.outcome.taken += taken;
    batch.outcome.unchanged += columns.user_ids.len() as u64 - updated - taken;
    Ok(std::mem::take(&mut batch.outcome))
}

/// Ends the memberships of users of the app whom a complete list does not have.
async fn end_absent(batch: &mut Batch<'_>, columns: &Columns) -> Result<()> {
    if columns.complete.is_empty() {
        return Ok(());
    }
    let ended = sqlx::query_scalar!(
        r#"with absent as materialized (
            select m.conversation_id, m.user_id,
                c.seq + row_number() over (partition by c.id order by m.user_id) as seq
            from conversations c
            join members m on m.conversation_id = c.id and m.left_at is null
            join app_users a on a.user_id = m.user_id and a.app_id = $1
            left join unnest($3::bigint[], $4::bigint[]) w(conversation_id, user_id)
                on w.conversation_id = m.conversation_id and w.user_id = m.user_id
            where c.id = any($2) and c.kind <> 'direct' and w.user_id is null
        ), ended as (
            update members m set left_at = now(), seq = a.seq from absent a
            where m.conversation_id = a.conversation_id and m.user_id = a.user_id
        ), counted as (
            update conversations c set seq = l.seq, member_count = member_count - l.count
            from (
                select conversation_id, max(seq) as seq, count(*) as count from absent group by 1
            ) l where c.id = l.conversation_id
        )
        select count(*) as "count!" from absent"#,
        batch.app_id.0,
        &columns.complete,
        &columns.conversation_ids,
        &columns.user_ids
    )
    .fetch_one(&mut *batch.db)
    .await?;
    batch.outcome.ended += u64::try_from(ended).unwrap_or(0);
    Ok(())
}

async fn update_roles(batch: &mut Batch<'_>, columns: &Columns) -> Result<u64> {
    let updated = sqlx::query_scalar!(
        r#"with changed as materialized (
            select m.conversation_id, m.user_id, w.role,
                c.seq + row_number() over (partition by c.id order by w.n) as seq
            from unnest($1::bigint[], $2::bigint[], $3::text[]) with ordinality
                w(conversation_id, user_id, role, n)
            join conversations c on c.id = w.conversation_id and c.kind <> 'direct'
            join members m on m.conversation_id = c.id and m.user_id = w.user_id
                and m.left_at is null and m.role <> w.role
        ), updated as (
            update members m set role = a.role, seq = a.seq from changed a
            where m.conversation_id = a.conversation_id and m.user_id = a.user_id
        ), counted as (
            update conversations c set seq = l.seq
            from (select conversation_id, max(seq) as seq from changed group by 1) l
            where c.id = l.conversation_id
        )
        select count(*) as "count!" from changed"#,
        &columns.conversation_ids,
        &columns.user_ids,
        &columns.roles
    )
    .fetch_one(&mut *batch.db)
    .await?;
    Ok(u64::try_from(updated).unwrap_or(0))
}

/// Adds those who are not members. They have read nothing: read states come with or after the messages.
async fn join(batch: &mut Batch<'_>, columns: &Columns) -> Result<u64> {
    let joined = sqlx::query_scalar!(
        r#"with new as materialized (
            select c.id, w.user_id, w.role, coalesce(w.joined_at, c.created_at) as joined_at,
                c.seq + row_number() over (partition by c.id order by w.n) as seq
            from unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[]) with ordinality
                w(conversation_id, user_id, role, joined_at, n)
            join conversations c on c.id = w.conversation_id and c.kind <> 'direct'
            left join members m on m.conversation_id = c.id and m.user_id = w.user_id
                and m.left_at is null
            where m.user_id is null
        ), joined as (
            insert into members (conversation_id, user_id, role, joined_seq, seq, joined_at)
            select id, user_id, role, seq, seq, joined_at from new
            on conflict (conversation_id, user_id) do update set role = excluded.role,
                joined_seq = excluded.seq, seq = excluded.seq, left_at = null
        ), counted as (
            update conversations c set seq = l.seq, member_count = member_count + l.count
            from (select id, max(seq) as seq, count(*) as count from new group by 1) l
            where c.id = l.id
        )
        select count(*) as "count!" from new"#,
        &columns.conversation_ids,
        &columns.user_ids,
        &columns.roles,
        &columns.joined as &[Option<OffsetDateTime>]
    )
    .fetch_one(&mut *batch.db)
    .await?;
    Ok(u64::try_from(joined).unwrap_or(0))
}
