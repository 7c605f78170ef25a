//! Importing users.

use super::{
    batch::Batch,
    outcome::Outcome,
    people::{NewUser, People},
    records::User,
};
use crate::{AppProfile, ExternalId, Result};
use model::UserRole;
use std::collections::HashSet;
use time::OffsetDateTime;

pub async fn import(batch: &mut Batch<'_>, rows: &[User]) -> Result<Outcome> {
    let mut seen = HashSet::new();
    let mut users = Vec::with_capacity(rows.len());
    for row in rows {
        if seen.insert(&row.id) {
            users.push((row, profile(batch, row)));
        } else {
            batch.outcome.leave(&row.id, "the same id twice");
        }
    }
    let known = known_ids(batch, &users).await?;
    let (known, new): (Vec<_>, Vec<_>) = users
        .into_iter()
        .partition(|(row, _)| known.contains(&row.id));
    let new: Vec<_> = new
        .into_iter()
        .map(|(row, profile)| NewUser {
            id: &row.id,
            profile,
            is_admin: row.role == Some(UserRole::Admin),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            is_ended: row.active == Some(false),
        })
        .collect();
    batch.outcome.taken += new.len() as u64;
    batch.insert_users(&new, &mut People::new()).await?;
    let updated = update(batch, &known).await?;
    batch.outcome.updated += updated;
    batch.outcome.unchanged += known.len() as u64 - updated;
    Ok(std::mem::take(&mut batch.outcome))
}

/// What of the row the table of users can hold.
fn profile(batch: &mut Batch<'_>, row: &User) -> AppProfile {
    let given = AppProfile {
        name: row.name.clone(),
        username: row.username.clone(),
        email: row.email.clone(),
        avatar_url: row.avatar_url.clone(),
    };
    let profile = given.cleaned(&row.id);
    let has_text = |text: &Option<String>| text.as_deref().is_some_and(|it| !it.trim().is_empty());
    if has_text(&row.email) && profile.email.is_none() {
        batch
            .outcome
            .adjust(&row.id, "e-mail address left out: it is none");
    }
    if has_text(&row.avatar_url) && profile.avatar_url.is_none() {
        let reason = "picture left out: it must be an https address of at most 2000 characters";
        batch.outcome.adjust(&row.id, reason);
    }
    profile
}

async fn known_ids(
    batch: &mut Batch<'_>,
    users: &[(&User, AppProfile)],
) -> Result<HashSet<ExternalId>> {
    let keys = users.iter().map(|(row, _)| row.id.key().into_owned());
    let known = sqlx::query_scalar!(
        "select external_id from app_users where app_id = $1 and external_key = any($2)",
        batch.app_id.0,
        &keys.collect::<Vec<_>>()
    )
    .fetch_all(&mut *batch.db)
    .await?;
    Ok(known
        .iter()
        .filter_map(|id| ExternalId::parse(id))
        .collect())
}

/// Changes what differs, and returns how many users that were. The username changes only while no token
/// of the user has come: afterwards it is known to others.
async fn update(batch: &mut Batch<'_>, known: &[(&User, AppProfile)]) -> Result<u64> {
    if known.is_empty() {
        return Ok(0);
    }
    let text = |of: fn(&AppProfile) -> Option<String>| {
        known
            .iter()
            .map(|(_, profile)| of(profile))
            .collect::<Vec<_>>()
    };
    let usernames: Vec<_> = known
        .iter()
        .map(|(row, it)| {
            let is_said = it.username.is_some() || it.email.is_some();
            is_said.then(|| it.shown(batch.app_id, &row.id).username)
        })
        .collect();
    let updated = sqlx::query_scalar!(
        r#"with given as materialized (
            select u.id, g.name, g.avatar_url, g.is_admin, g.created_at, g.last_seen_at, g.is_active,
                case when a.first_token_at is null
                    and row_number() over (partition by g.username order by g.n) = 1
                    and not exists (select from users t where t.username = g.username)
                then g.username end as username,
                case when row_number() over (partition by email_key(g.email) order by g.n) = 1
                    and not exists (select from users t where email_key(t.email) = email_key(g.email))
                then g.email end as email
            from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[],
                $8::timestamptz[], $9::timestamptz[], $10::bool[]) with ordinality
                as g(external_key, name, username, email, avatar_url, is_admin, created_at,
                    last_seen_at, is_active, n)
            join app_users a on a.app_id = $1 and a.external_key = g.external_key
            join users u on u.id = a.user_id
        ), changed as (
            update users u set
                name = coalesce(g.name, u.name),
                username = coalesce(g.username, u.username),
                email = coalesce(g.email, u.email),
                avatar_url = coalesce(g.avatar_url, u.avatar_url),
                role = case when g.is_admin is null then u.role when g.is_admin then 'admin'
                    else 'member' end,
                created_at = least(g.created_at, u.created_at),
                last_seen_at = greatest(g.last_seen_at, u.last_seen_at)
            from given g where u.id = g.id and (
                g.name <> u.name or g.username is not null or g.email is not null
                or g.avatar_url <> coalesce(u.avatar_url, '')
                or (g.is_admin and u.role <> 'admin') or (not g.is_admin and u.role = 'admin')
                or g.created_at < u.created_at
                or g.last_seen_at > coalesce(u.last_seen_at, '-infinity')
            )
            returning u.id
        ), ended as (
            update app_users a set ended_at = case when not g.is_active then now() end
            from given g where a.app_id = $1 and a.user_id = g.id
                and g.is_active = (a.ended_at is not null)
            returning a.user_id
        )
        select count(*) as "count!" from (
            select id from changed union select user_id from ended
        ) either"#,
        batch.app_id.0,
        &known.iter().map(|(row, _)| row.id.key().into_owned()).collect::<Vec<_>>(),
        &text(|it| it.name.clone()) as &[Option<String>],
        &usernames as &[Option<String>],
        &text(|it| it.email.clone()) as &[Option<String>],
        &text(|it| it.avatar_url.clone()) as &[Option<String>],
        &known
            .iter()
            .map(|(row, _)| row.role.map(|role| role == UserRole::Admin))
            .collect::<Vec<_>>() as &[Option<bool>],
        &known.iter().map(|(row, _)| row.created_at).collect::<Vec<_>>()
            as &[Option<OffsetDateTime>],
        &known.iter().map(|(row, _)| row.last_seen_at).collect::<Vec<_>>()
            as &[Option<OffsetDateTime>],
        &known.iter().map(|(row, _)| row.active).collect::<Vec<_>>() as &[Option<bool>],
    )
    .fetch_one(&mut *batch.db)
    .await?;
    Ok(u64::try_from(updated).unwrap_or(0))
}
