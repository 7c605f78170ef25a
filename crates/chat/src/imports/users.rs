//! Importing users.

use super::{
    batch::Batch,
    imported::{Imported, KnownUser, UserChange},
    outcome::Outcome,
    people::{EMAIL_TAKEN, NewUser, People, lock_app_users},
    records::User,
    spelling::by_spelling,
};
use crate::{
    AppProfile, ExternalId, Result,
    apps::{Said, deleted_keys},
};
use sqlx::types::Json;
use std::collections::{BTreeSet, HashMap, HashSet};
use time::OffsetDateTime;

/// Characters of the longest name, which is cut: the constraint `users_name_length`.
const MAX_NAME: usize = 80;

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
    lock_app_users(batch).await?;
    let known = known_users(batch, users.iter().map(|(row, _)| &row.id)).await?;
    let (known, new): (Vec<_>, Vec<_>) = users
        .into_iter()
        .map(|(row, profile)| (known.get(&row.id), row, profile))
        .partition(|(known, ..)| known.is_some());
    let deleted = new.iter().map(|(_, row, _)| &row.id);
    let deleted = deleted_keys(&mut *batch.db, batch.app_id, deleted).await?;
    let (deleted, new): (Vec<_>, Vec<_>) = new
        .into_iter()
        .partition(|(_, row, _)| deleted.contains(row.id.key().as_ref()));
    for (_, row, _) in deleted {
        batch.outcome.leave(&row.id, "the account was deleted here");
    }
    let new: Vec<_> = new
        .into_iter()
        .map(|(_, row, profile)| NewUser::of(row, profile))
        .collect();
    batch.outcome.taken += new.len() as u64;
    batch.insert_users(&new, &mut People::new()).await?;
    let changes: Vec<_> = known
        .into_iter()
        .filter_map(|(known, row, profile)| Some((row, known?.change(batch.app_id, row, &profile))))
        .collect();
    let updated = update(batch, &changes).await?;
    batch.outcome.updated += updated;
    batch.outcome.unchanged += changes.len() as u64 - updated;
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
    let is_long = |text: &Option<String>| {
        text.as_deref()
            .is_some_and(|it| it.trim().chars().count() > MAX_NAME)
    };
    let notes = [
        (
            is_long(&row.name) && profile.name.is_some(),
            "name cut after 80 characters",
        ),
        (
            has_text(&row.name) && profile.name.is_none(),
            "name left out: it is not one for people",
        ),
        (
            has_text(&row.email) && profile.email.is_none(),
            "e-mail address left out: it is none",
        ),
        (
            has_text(&row.avatar_url) && profile.avatar_url.is_none(),
            "picture left out: it must be an https address of at most 2000 characters",
        ),
    ];
    for (applies, reason) in notes {
        if applies {
            batch.outcome.adjust(&row.id, reason);
        }
    }
    profile
}

async fn known_users<'a>(
    batch: &mut Batch<'_>,
    ids: impl Iterator<Item = &'a ExternalId>,
) -> Result<HashMap<ExternalId, KnownUser>> {
    let wanted: BTreeSet<_> = ids.collect();
    let keys: Vec<_> = wanted.iter().map(|id| id.key().into_owned()).collect();
    let rows = sqlx::query!(
        r#"select a.external_id, a.user_id, u.name, u.username, u.email, u.avatar_url,
            u.role = 'admin' as "is_admin!", u.password_hash is not null as "has_password!",
            a.ended_at is not null as "is_ended!", a.first_token_at is not null as "has_token!",
            a.directory as "directory: Json<Said>", a.imported as "imported: Json<Imported>",
            a.profile as "profile: Json<AppProfile>"
        from app_users a join users u on u.id = a.user_id
        where a.app_id = $1 and a.external_key = any($2)
        order by a.external_id for update of a"#,
        batch.app_id.0,
        &keys
    )
    .fetch_all(&mut *batch.db)
    .await?;
    let known = rows.into_iter().filter_map(|row| {
        let known = KnownUser {
            id: ExternalId::parse(&row.external_id)?,
            user_id: row.user_id,
            name: row.name,
            username: row.username,
            email: row.email,
            avatar_url: row.avatar_url,
            is_admin: row.is_admin,
            has_password: row.has_password,
            is_ended: row.is_ended,
            has_token: row.has_token,
            directory: row.directory.map(|it| it.0),
            imported: row.imported.map(|it| it.0),
            profile: row.profile.map(|it| it.0),
        };
        Some((known.id.clone(), known))
    });
    Ok(by_spelling(known, &wanted))
}

/// Writes the changes, and returns how many users others see differently now. A username or an e-mail
/// address that somebody else has is not taken: the address is tried again with the next import.
async fn update(batch: &mut Batch<'_>, changes: &[(&User, UserChange)]) -> Result<u64> {
    if changes.is_empty() {
        return Ok(0);
    }
    let written = write_values(batch, changes).await?;
    let mut user_ids = Vec::with_capacity(changes.len());
    let (mut remembered, mut profiles, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    let mut updated = 0;
    for (row, change) in changes {
        let written = written.get(&change.user_id);
        let mut imported = change.imported.clone();
        if change.email.is_some() && written.is_none_or(|it| !it.has_email) {
            imported.profile.email.clone_from(&change.earlier_email);
            batch.outcome.adjust(&row.id, EMAIL_TAKEN);
        }
        if written.is_some() || change.is_ended.is_some() {
            updated += 1;
        }
        user_ids.push(change.user_id);
        profiles.push(change.describes.then(|| Json(imported.profile.clone())));
        remembered.push(Json(imported));
        ended.push(change.is_ended);
    }
    sqlx::query!(
        "update app_users a set imported = g.imported, profile = coalesce(g.profile, a.profile),
            ended_at = case when g.is_ended is null then a.ended_at
                when g.is_ended then clock_timestamp() end
        from unnest($2::bigint[], $3::jsonb[], $4::jsonb[], $5::bool[])
            g(user_id, imported, profile, is_ended)
        where a.app_id = $1 and a.user_id = g.user_id and (g.is_ended is not null
            or a.imported is distinct from g.imported
            or (g.profile is not null and a.profile is distinct from g.profile))",
        batch.app_id.0,
        &user_ids,
        &remembered as _,
        &profiles as _,
        &ended as &[Option<bool>]
    )
    .execute(&mut *batch.db)
    .await?;
    Ok(updated)
}

/// What became of a change.
struct Written {
    /// Whether the user got the e-mail address.
    has_email: bool,
}

/// Returns the users who are another than before.
async fn write_values(
    batch: &mut Batch<'_>,
    changes: &[(&User, UserChange)],
) -> Result<HashMap<i64, Written>> {
    let text = |of: fn(&UserChange) -> &Option<String>| {
        let texts = changes.iter().map(|(_, it)| of(it).clone());
        texts.collect::<Vec<_>>()
    };
    let time = |of: fn(&UserChange) -> Option<OffsetDateTime>| {
        changes.iter().map(|(_, it)| of(it)).collect::<Vec<_>>()
    };
    let rows = sqlx::query!(
        r#"with given as materialized (
            select g.id, g.name, g.avatar_url, g.is_admin, g.created_at, g.last_seen_at,
                case when row_number() over (partition by g.username order by g.n) = 1
                    and not exists (select from users t where t.username = g.username)
                then g.username end as username,
                case when row_number() over (partition by email_key(g.email) order by g.n) = 1
                    and not exists (select from users t
                        where email_key(t.email) = email_key(g.email) and t.id <> g.id)
                then g.email end as email
            from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[],
                $7::timestamptz[], $8::timestamptz[]) with ordinality
                as g(id, name, username, email, avatar_url, is_admin, created_at, last_seen_at, n)
        )
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
            g.name is not null or g.username is not null or g.email is not null
            or g.avatar_url is not null or g.is_admin is not null
            or g.created_at < u.created_at
            or g.last_seen_at > coalesce(u.last_seen_at, '-infinity')
        )
        returning u.id, g.email is not null as "has_email!""#,
        &changes.iter().map(|(_, it)| it.user_id).collect::<Vec<_>>(),
        &text(|it| &it.name) as &[Option<String>],
        &text(|it| &it.username) as &[Option<String>],
        &text(|it| &it.email) as &[Option<String>],
        &text(|it| &it.avatar_url) as &[Option<String>],
        &changes
            .iter()
            .map(|(_, it)| it.is_admin)
            .collect::<Vec<_>>() as &[Option<bool>],
        &time(|it| it.created_at) as &[Option<OffsetDateTime>],
        &time(|it| it.last_seen_at) as &[Option<OffsetDateTime>],
    )
    .fetch_all(&mut *batch.db)
    .await?;
    let written = rows.into_iter().map(|row| {
        let has_email = row.has_email;
        (row.id, Written { has_email })
    });
    Ok(written.collect())
}
