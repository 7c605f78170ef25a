//! The users whom an app has already: what its directory changes about them.

use super::entry::{Entry, Said};
use crate::{ExternalId, Result, accounts::role::role_text, apps::AppProfile};
use model::{AppId, UserId, UserRole};
use sqlx::{Postgres, Transaction, types::Json};
use std::collections::{HashMap, HashSet};

/// A user of the app before the update.
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct Known {
    pub user_id: UserId,
    pub username: String,
    pub is_admin: bool,
    /// What the directory has said until now.
    pub said: Option<Said>,
    pub is_ended: bool,
    /// Neither a token nor the directory has described the user.
    pub is_placeholder: bool,
    /// The user signs in with a password, by the username or the e-mail address.
    pub has_password: bool,
    pub has_avatar: bool,
}

/// What one entry changes about a known user.
pub struct Change<'a> {
    pub entry: &'a Entry,
    pub known: &'a Known,
    /// The values that the directory did not say before.
    said: Said,
    /// The name that the user is to have.
    name: Option<String>,
    /// The username that the user is to have, if nobody else has it.
    username: Option<String>,
    avatar_url: Option<String>,
}

/// The users of the app among these ids, by id.
pub async fn find_known(
    tx: &mut Transaction<'_, Postgres>,
    app_id: AppId,
    ids: impl Iterator<Item = &ExternalId>,
) -> Result<HashMap<ExternalId, Known>> {
    let (keys, spellings): (Vec<_>, Vec<_>) = ids
        .map(|id| (id.key().into_owned(), id.to_string()))
        .unzip();
    let rows = sqlx::query!(
        r#"select a.external_id, a.user_id, u.username, u.role = 'admin' as "is_admin!",
            a.directory as "directory: Json<Said>", a.ended_at is not null as "is_ended!",
            a.first_token_at is null and a.directory is null and u.password_hash is null
                as "is_placeholder!",
            u.password_hash is not null as "has_password!", u.avatar_url is not null as "has_avatar!"
        from app_users a join users u on u.id = a.user_id
        where a.app_id = $1 and a.external_key = any($2)
        -- Of two users with two spellings of one id, the one who is spelled alike comes last, and counts.
        order by a.external_id = any($3)"#,
        app_id.0,
        &keys,
        &spellings
    )
    .fetch_all(&mut **tx)
    .await?;
    let known = rows.into_iter().filter_map(|row| {
        let known = Known {
            user_id: UserId(row.user_id),
            username: row.username,
            is_admin: row.is_admin,
            said: row.directory.map(|it| it.0),
            is_ended: row.is_ended,
            is_placeholder: row.is_placeholder,
            has_password: row.has_password,
            has_avatar: row.has_avatar,
        };
        Some((ExternalId::parse(&row.external_id)?, known))
    });
    Ok(known.collect())
}

impl<'a> Change<'a> {
    pub fn of(app_id: AppId, entry: &'a Entry, known: &'a Known) -> Self {
        let before = known.said.clone().unwrap_or_default();
        let mut said = Said {
            profile: entry.said.profile.since(&before.profile),
            role: entry.said.role.filter(|_| entry.said.role != before.role),
        };
        if known.has_password {
            said = known.without_account(said, &before);
        }
        let profile = &entry.said.profile;
        // A placeholder has a made-up name, until somebody describes them.
        let is_described = known.is_placeholder && *profile != AppProfile::default();
        let shown = profile.shown(app_id, &entry.id);
        let username = (said.profile.username.is_some() || is_described).then_some(shown.username);
        // An account has a name of its own, which gives way only to one that the app has changed since.
        let is_kept = known.has_password && known.said.is_none();
        let name = said.profile.name.clone().filter(|_| !is_kept);
        let avatar_url = said.profile.avatar_url.clone();
        Self {
            entry,
            known,
            name: name.or(is_described.then_some(shown.name)),
            username: username.filter(|it| *it != known.username),
            avatar_url: avatar_url.filter(|_| !is_kept || !known.has_avatar),
            said,
        }
    }

    /// Whether an administrator stops being one.
    pub fn demotes(&self) -> bool {
        self.known.is_admin && self.said.role == Some(UserRole::Member)
    }

    /// The role that the user has not had.
    pub fn new_role(&self) -> Option<UserRole> {
        let is_new = |role: &UserRole| (*role == UserRole::Admin) != self.known.is_admin;
        self.said.role.filter(is_new)
    }

    pub fn ends(&self) -> bool {
        !self.entry.is_active && !self.known.is_ended
    }

    pub fn resumes(&self) -> bool {
        self.entry.is_active && self.known.is_ended
    }

    /// Whether the directory said the same before.
    fn is_empty(&self) -> bool {
        self.said == Said::default() && self.username.is_none() && self.known.said.is_some()
    }
}

impl Known {
    /// What a directory may say of somebody who signs in with a password, as the claims of tokens: not by
    /// which username or address they do so, and not that they are no administrator, unless it is the
    /// directory that has made them one.
    fn without_account(&self, said: Said, before: &Said) -> Said {
        let role = said.role.filter(|role| match role {
            UserRole::Admin => !self.is_admin,
            UserRole::Member => before.role == Some(UserRole::Admin),
        });
        let profile = AppProfile {
            username: None,
            email: None,
            ..said.profile
        };
        Said { profile, role }
    }
}

/// Writes the values that have changed, and returns the users whom others see differently now. A
/// username or an e-mail address that somebody else has is not taken, and tried again with the next
/// update.
pub async fn write_changes(
    tx: &mut Transaction<'_, Postgres>,
    app_id: AppId,
    changes: &[Change<'_>],
) -> Result<HashSet<UserId>> {
    let changes: Vec<_> = changes.iter().filter(|it| !it.is_empty()).collect();
    if changes.is_empty() {
        return Ok(HashSet::new());
    }
    let mut updated = write_values(tx, &changes).await?;
    let renamed = write_usernames(tx, &changes).await?;
    let addressed = write_emails(tx, &changes).await?;
    updated.extend(renamed.iter().chain(&addressed));
    remember(tx, app_id, &changes, (&renamed, &addressed)).await?;
    Ok(updated)
}

/// Names, pictures and roles, which nobody else can have taken.
async fn write_values(
    tx: &mut Transaction<'_, Postgres>,
    changes: &[&Change<'_>],
) -> Result<HashSet<UserId>> {
    let (mut ids, mut names, mut avatar_urls, mut roles) = (vec![], vec![], vec![], vec![]);
    for change in changes {
        let said = &change.said;
        let avatar_url = &change.avatar_url;
        if change.name.is_some() || avatar_url.is_some() || said.role.is_some() {
            ids.push(change.known.user_id.0);
            names.push(change.name.clone());
            avatar_urls.push(avatar_url.clone());
            roles.push(said.role.map(|role| role_text(role).to_owned()));
        }
    }
    let updated = sqlx::query_scalar!(
        "update users u set name = coalesce(x.name, u.name),
            avatar_url = coalesce(x.avatar_url, u.avatar_url), role = coalesce(x.role, u.role)
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
            as x (id, name, avatar_url, role)
        where u.id = x.id and (x.name <> u.name or x.role <> u.role
            or (x.avatar_url is not null and x.avatar_url is distinct from u.avatar_url))
        returning u.id",
        &ids,
        &names as &[Option<String>],
        &avatar_urls as &[Option<String>],
        &roles as &[Option<String>]
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(updated.into_iter().map(UserId).collect())
}

async fn write_usernames(
    tx: &mut Transaction<'_, Postgres>,
    changes: &[&Change<'_>],
) -> Result<HashSet<UserId>> {
    let mut seen = HashSet::new();
    let wanted = changes.iter().filter_map(|change| {
        let username = change.username.clone()?;
        let is_first = seen.insert(username.clone());
        is_first.then_some((change.known.user_id.0, username))
    });
    let (ids, usernames): (Vec<_>, Vec<_>) = wanted.unzip();
    let renamed = sqlx::query_scalar!(
        "update users u set username = x.username
        from unnest($1::bigint[], $2::text[]) as x (id, username)
        where u.id = x.id and not exists (select from users t where t.username = x.username)
        returning u.id",
        &ids,
        &usernames
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(renamed.into_iter().map(UserId).collect())
}

async fn write_emails(
    tx: &mut Transaction<'_, Postgres>,
    changes: &[&Change<'_>],
) -> Result<HashSet<UserId>> {
    let wanted = changes.iter().filter_map(|change| {
        let email = change.said.profile.email.clone()?;
        Some((change.known.user_id.0, email))
    });
    let (ids, emails): (Vec<_>, Vec<_>) = wanted.unzip();
    let addressed = sqlx::query_scalar!(
        "update users u set email = x.email
        from (
            select distinct on (email_key(email)) id, email
            from unnest($1::bigint[], $2::text[]) with ordinality as t (id, email, n)
            order by email_key(email), n
        ) x
        where u.id = x.id and not exists (
            select from users t where email_key(t.email) = email_key(x.email) and t.id <> x.id
        )
        returning u.id",
        &ids,
        &emails
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(addressed.into_iter().map(UserId).collect())
}

/// Keeps what the directory has said and what was taken of it.
async fn remember(
    tx: &mut Transaction<'_, Postgres>,
    app_id: AppId,
    changes: &[&Change<'_>],
    (renamed, addressed): (&HashSet<UserId>, &HashSet<UserId>),
) -> Result<()> {
    let (mut ids, mut directory) = (vec![], vec![]);
    for change in changes {
        let (user_id, new) = (change.known.user_id, change.said.clone());
        let before = change.known.said.clone().unwrap_or_default();
        let has_username = change.username.is_none() || renamed.contains(&user_id);
        let taken = AppProfile {
            username: new.profile.username.filter(|_| has_username),
            email: new.profile.email.filter(|_| addressed.contains(&user_id)),
            ..new.profile
        };
        let said = Said {
            profile: taken.over(before.profile),
            role: new.role.or(before.role),
        };
        ids.push(user_id.0);
        directory.push(Json(said));
    }
    sqlx::query!(
        "update app_users a set directory = x.directory
        from unnest($2::bigint[], $3::jsonb[]) as x (user_id, directory)
        where a.app_id = $1 and a.user_id = x.user_id",
        app_id.0,
        &ids,
        &directory as &[Json<Said>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
