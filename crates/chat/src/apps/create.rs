//! Users of an app, created many at once: by its directory, and as placeholders for somebody who is
//! named before their first token.

use super::{AppProfile, ExternalId, profile::with_random_suffix};
use crate::{Error, Result};
use model::{AppId, UserId};
use serde_json::Value;
use sqlx::{Postgres, Transaction};
use std::collections::HashSet;

/// A user to be created.
pub struct NewAppUser<'a> {
    pub id: &'a ExternalId,
    pub profile: AppProfile,
    pub role: &'static str,
    /// What the directory says; null if it is another one who names the user.
    pub directory: Option<Value>,
}

/// Which username and e-mail address an attempt gives to those users who have no row yet. A username
/// or an address that is taken fails the row alone. A taken address is left out: it does not prove that
/// the two are one user.
const ATTEMPTS: [(Username, Address); 6] = [
    (Username::Wanted, Address::Given),
    (Username::Wanted, Address::None),
    (Username::Unique, Address::Given),
    (Username::Unique, Address::None),
    (Username::Unique, Address::None),
    (Username::Unique, Address::None),
];

#[derive(Clone, Copy)]
enum Username {
    Wanted,
    /// The wanted one with a suffix that each attempt draws.
    Unique,
}

#[derive(Clone, Copy)]
enum Address {
    Given,
    None,
}

/// Lets nobody else create users of the app until the transaction ends. A single new user takes the
/// same lock shared (`find_or_create_app_user`).
pub async fn lock_app_users(tx: &mut Transaction<'_, Postgres>, app_id: AppId) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('app_users' || chr(10) || $1::bigint, 0))",
        app_id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Creates users whom the app does not have yet, under its lock, with one statement for each attempt,
/// and returns their ids in the same order.
pub async fn create_app_users(
    tx: &mut Transaction<'_, Postgres>,
    app_id: AppId,
    new: &[NewAppUser<'_>],
) -> Result<Vec<UserId>> {
    let mut created: Vec<Option<i64>> = vec![None; new.len()];
    for attempt in ATTEMPTS {
        if created.iter().all(Option::is_some) {
            break;
        }
        insert_users(tx, app_id, new, attempt, &mut created).await?;
    }
    let user_ids: Option<Vec<i64>> = created.into_iter().collect();
    let user_ids = user_ids.ok_or_else(|| Error::internal("no username is free"))?;
    let ids: Vec<_> = new.iter().map(|it| it.id.to_string()).collect();
    let directory: Vec<_> = new.iter().map(|it| it.directory.clone()).collect();
    sqlx::query!(
        "insert into app_users (app_id, external_id, user_id, directory)
        select $1, id, user_id, directory
        from unnest($2::text[], $3::bigint[], $4::jsonb[]) as t (id, user_id, directory)",
        app_id.0,
        &ids,
        &user_ids,
        &directory as &[Option<Value>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(user_ids.into_iter().map(UserId).collect())
}

async fn insert_users(
    tx: &mut Transaction<'_, Postgres>,
    app_id: AppId,
    new: &[NewAppUser<'_>],
    (username_kind, address): (Username, Address),
    created: &mut [Option<i64>],
) -> Result<()> {
    let mut rows = Rows::default();
    let mut indexes = std::collections::HashMap::new();
    let pending = new
        .iter()
        .enumerate()
        .filter(|(n, _)| created[*n].is_none());
    for (n, user) in pending {
        let shown = user.profile.shown(app_id, user.id);
        let username = match username_kind {
            Username::Wanted => shown.username,
            Username::Unique => with_random_suffix(&shown.username),
        };
        // Of two users who want the same username, the first one gets it.
        if indexes.contains_key(&username) {
            continue;
        }
        indexes.insert(username.clone(), n);
        rows.usernames.push(username);
        rows.names.push(shown.name);
        rows.emails.push(match address {
            Address::Given => shown.email,
            Address::None => None,
        });
        rows.avatar_urls.push(shown.avatar_url);
        rows.roles.push(user.role.to_owned());
    }
    let inserted = sqlx::query!(
        "insert into users (username, name, email, avatar_url, role)
        select username, name, email, avatar_url, role
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
            as t (username, name, email, avatar_url, role)
        on conflict do nothing
        returning id, username",
        &rows.usernames,
        &rows.names,
        &rows.emails as &[Option<String>],
        &rows.avatar_urls as &[Option<String>],
        &rows.roles
    )
    .fetch_all(&mut **tx)
    .await?;
    for row in inserted {
        if let Some(n) = indexes.get(&row.username) {
            created[*n] = Some(row.id);
        }
    }
    Ok(())
}

/// The columns of the users that one statement inserts.
#[derive(Default)]
struct Rows {
    usernames: Vec<String>,
    names: Vec<String>,
    emails: Vec<Option<String>>,
    avatar_urls: Vec<Option<String>>,
    roles: Vec<String>,
}

/// The ids without repetition, in order.
pub fn distinct<'a>(ids: impl IntoIterator<Item = &'a ExternalId>) -> Vec<&'a ExternalId> {
    let mut seen = HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}
