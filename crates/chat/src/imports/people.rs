//! The users whom imported rows name.

use super::{batch::Batch, imported::Imported, records::User, spelling::by_spelling};
use crate::{AppProfile, ExternalId, Result};
use model::UserRole;
use sqlx::types::Json;
use std::collections::{BTreeSet, HashMap};
use time::OffsetDateTime;

/// Our ids of users by their ids in the app.
pub type People = HashMap<ExternalId, i64>;

/// Why a user has none of the e-mail addresses of the dump.
pub const EMAIL_TAKEN: &str = "e-mail address left out: another user has it";

/// A user to be inserted.
pub struct NewUser<'a> {
    pub id: &'a ExternalId,
    /// The row that describes the user; `None` for a placeholder.
    row: Option<&'a User>,
    /// As `AppProfile::cleaned` returns it.
    profile: AppProfile,
}

impl<'a> NewUser<'a> {
    pub fn of(row: &'a User, profile: AppProfile) -> Self {
        Self {
            id: &row.id,
            row: Some(row),
            profile,
        }
    }

    fn is_admin(&self) -> bool {
        self.row.is_some_and(|it| it.role == Some(UserRole::Admin))
    }

    fn is_ended(&self) -> bool {
        self.row.is_some_and(|it| it.active == Some(false))
    }

    fn imported(&self) -> Option<Imported> {
        self.row.map(|row| Imported {
            profile: self.profile.clone(),
            is_admin: row.role.map(|role| role == UserRole::Admin),
            is_ended: row.active.map(|it| !it),
            has_ended: self.is_ended(),
        })
    }
}

impl Batch<'_> {
    /// The users of these ids. Somebody new becomes a placeholder.
    pub async fn people<'a>(
        &mut self,
        ids: impl IntoIterator<Item = &'a ExternalId>,
    ) -> Result<People> {
        let wanted: BTreeSet<_> = ids.into_iter().collect();
        let keys: Vec<_> = wanted.iter().map(|id| id.key().into_owned()).collect();
        let found = sqlx::query!(
            "select external_id, user_id from app_users where app_id = $1 and external_key = any($2)",
            self.app_id.0,
            &keys
        )
        .fetch_all(&mut *self.db)
        .await?;
        let found = found
            .into_iter()
            .filter_map(|row| Some((ExternalId::parse(&row.external_id)?, row.user_id)));
        let found = by_spelling(found, &wanted);
        let mut people = People::with_capacity(wanted.len());
        let mut new = Vec::new();
        for id in wanted {
            match found.get(id) {
                Some(user_id) => _ = people.insert(id.clone(), *user_id),
                None => new.push(NewUser {
                    id,
                    row: None,
                    profile: AppProfile::default(),
                }),
            }
        }
        self.outcome.placeholders += new.len() as u64;
        self.insert_users(&new, &mut people).await?;
        Ok(people)
    }

    /// Inserts users, none of whom the app has. A username or an e-mail address that is taken is not
    /// given twice: the username gets a suffix, the address is left out.
    pub async fn insert_users(&mut self, new: &[NewUser<'_>], people: &mut People) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        lock_app_users(self).await?;
        let ids: Vec<_> = new.iter().map(|it| it.id.to_string()).collect();
        let shown: Vec<_> = new
            .iter()
            .map(|it| it.profile.shown(self.app_id, it.id))
            .collect();
        // What the app said last: a token that says something else is followed.
        let profiles: Vec<_> = new
            .iter()
            .map(|it| (it.profile != AppProfile::default()).then_some(Json(&it.profile)))
            .collect();
        // What is left out because another user has it is tried again with the next import.
        let imported: Vec<_> = new.iter().map(|it| it.imported().map(Json)).collect();
        let time = |of: fn(&User) -> Option<OffsetDateTime>| {
            let times = new.iter().map(|it| it.row.and_then(of));
            times.collect::<Vec<_>>()
        };
        let rows = sqlx::query!(
            r#"with wanted as materialized (
                select nextval('users_id_seq') as id, w.*,
                    case when w.username_rank = 1
                        and not exists (select from users u where u.username = w.candidate)
                    then w.candidate
                    -- Random, so that nobody can have taken it: the first 8 digits of a UUID.
                    else left(w.candidate, 20) || '-' || left(gen_random_uuid()::text, 8)
                    end as username,
                    case when w.email_rank = 1
                        and not exists (select from users u where email_key(u.email) = email_key(w.given_email))
                    then w.given_email end as email
                from (
                    select g.*, row_number() over (partition by g.candidate order by g.n) as username_rank,
                        row_number() over (partition by email_key(g.given_email) order by g.n) as email_rank
                    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                        $7::bool[], $8::timestamptz[], $9::timestamptz[], $10::bool[], $11::jsonb[],
                        $12::jsonb[]) with ordinality
                        as g(external_id, name, candidate, given_email, avatar_url, is_admin,
                            created_at, last_seen_at, is_ended, profile, imported, n)
                ) w
            ), created as (
                insert into users
                    (id, username, name, email, avatar_url, role, created_at, last_seen_at)
                overriding system value
                select w.id, w.username, w.name, w.email, w.avatar_url,
                    case when w.is_admin then 'admin' else 'member' end,
                    coalesce(w.created_at, now()), w.last_seen_at
                from wanted w
            ), linked as (
                insert into app_users (app_id, external_id, user_id, ended_at, profile, imported)
                select $1, w.external_id, w.id, case when w.is_ended then now() end, w.profile,
                    case when w.email is null then w.imported - 'email' else w.imported end
                from wanted w
            )
            select external_id as "external_id!", id as "id!",
                given_email is not null and email is null as "has_lost_email!",
                candidate <> username as "is_renamed!" from wanted"#,
            self.app_id.0,
            &ids,
            &shown.iter().map(|it| it.name.clone()).collect::<Vec<_>>(),
            &shown.iter().map(|it| it.username.clone()).collect::<Vec<_>>(),
            &shown.iter().map(|it| it.email.clone()).collect::<Vec<_>>() as &[Option<String>],
            &shown.iter().map(|it| it.avatar_url.clone()).collect::<Vec<_>>()
                as &[Option<String>],
            &new.iter().map(NewUser::is_admin).collect::<Vec<_>>(),
            &time(|it| it.created_at) as &[Option<OffsetDateTime>],
            &time(|it| it.last_seen_at) as &[Option<OffsetDateTime>],
            &new.iter().map(NewUser::is_ended).collect::<Vec<_>>(),
            &profiles as _,
            &imported as _
        )
        .fetch_all(&mut *self.db)
        .await?;
        let ids: HashMap<_, _> = rows
            .into_iter()
            .map(|row| (row.external_id.clone(), row))
            .collect();
        for user in new {
            let Some(row) = ids.get(user.id.as_str()) else {
                continue;
            };
            people.insert(user.id.clone(), row.id);
            if row.has_lost_email {
                self.outcome.adjust(user.id, EMAIL_TAKEN);
            }
            if row.is_renamed && user.profile.username.is_some() {
                let reason = "username taken with an addition: another user has it";
                self.outcome.adjust(user.id, reason);
            }
        }
        Ok(())
    }
}

/// As a directory does it, and a single new user shared: until the transaction ends, nobody else creates
/// users of the app.
pub async fn lock_app_users(batch: &mut Batch<'_>) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('app_users' || chr(10) || $1::bigint, 0))",
        batch.app_id.0
    )
    .execute(&mut *batch.db)
    .await?;
    Ok(())
}
