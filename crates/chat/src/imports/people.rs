//! The users whom imported rows name.

use super::batch::Batch;
use crate::{AppProfile, ExternalId, Result};
use sqlx::types::Json;
use std::collections::{BTreeSet, HashMap};
use time::OffsetDateTime;

/// Our ids of users by their ids in the app.
pub type People = HashMap<ExternalId, i64>;

/// A user to be inserted.
pub struct NewUser<'a> {
    pub id: &'a ExternalId,
    /// As `AppProfile::cleaned` returns it.
    pub profile: AppProfile,
    pub is_admin: bool,
    pub created_at: Option<OffsetDateTime>,
    pub last_seen_at: Option<OffsetDateTime>,
    pub is_ended: bool,
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
        let found: HashMap<_, _> = found
            .into_iter()
            .filter_map(|row| Some((ExternalId::parse(&row.external_id)?, row.user_id)))
            .collect();
        let mut people = People::with_capacity(wanted.len());
        let mut new = Vec::new();
        for id in wanted {
            match found.get(id) {
                Some(user_id) => _ = people.insert(id.clone(), *user_id),
                None => new.push(NewUser {
                    id,
                    profile: AppProfile::default(),
                    is_admin: false,
                    created_at: None,
                    last_seen_at: None,
                    is_ended: false,
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
        // As for a directory: a single new user takes the same lock shared.
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended('app_users' || chr(10) || $1::bigint, 0))",
            self.app_id.0
        )
        .execute(&mut *self.db)
        .await?;
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
        let time =
            |of: fn(&NewUser<'_>) -> Option<OffsetDateTime>| new.iter().map(of).collect::<Vec<_>>();
        let rows = sqlx::query!(
            r#"with wanted as materialized (
                select nextval('users_id_seq') as id, w.*,
                    case when w.username_rank = 1
                        and not exists (select from users u where u.username = w.candidate)
                    then w.candidate
                    else left(w.candidate, 20) || '-'
                        || substr(md5($1::bigint || chr(10) || w.external_id), 1, 8) end as username,
                    case when w.email_rank = 1
                        and not exists (select from users u where email_key(u.email) = email_key(w.given_email))
                    then w.given_email end as email
                from (
                    select g.*, row_number() over (partition by g.candidate order by g.n) as username_rank,
                        row_number() over (partition by email_key(g.given_email) order by g.n) as email_rank
                    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                        $7::bool[], $8::timestamptz[], $9::timestamptz[], $10::bool[], $11::jsonb[])
                        with ordinality
                        as g(external_id, name, candidate, given_email, avatar_url, is_admin,
                            created_at, last_seen_at, is_ended, profile, n)
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
                insert into app_users (app_id, external_id, user_id, ended_at, profile)
                select $1, w.external_id, w.id, case when w.is_ended then now() end, w.profile
                from wanted w
            )
            select external_id as "external_id!", id as "id!" from wanted"#,
            self.app_id.0,
            &ids,
            &shown.iter().map(|it| it.name.clone()).collect::<Vec<_>>(),
            &shown.iter().map(|it| it.username.clone()).collect::<Vec<_>>(),
            &shown.iter().map(|it| it.email.clone()).collect::<Vec<_>>() as &[Option<String>],
            &shown.iter().map(|it| it.avatar_url.clone()).collect::<Vec<_>>()
                as &[Option<String>],
            &new.iter().map(|it| it.is_admin).collect::<Vec<_>>(),
            &time(|it| it.created_at) as &[Option<OffsetDateTime>],
            &time(|it| it.last_seen_at) as &[Option<OffsetDateTime>],
            &new.iter().map(|it| it.is_ended).collect::<Vec<_>>(),
            &profiles as _
        )
        .fetch_all(&mut *self.db)
        .await?;
        let ids: HashMap<_, _> = rows
            .into_iter()
            .map(|row| (row.external_id, row.id))
            .collect();
        for user in new {
            if let Some(id) = ids.get(user.id.as_str()) {
                people.insert(user.id.clone(), *id);
            }
        }
        Ok(())
    }
}
