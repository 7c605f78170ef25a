//! Exporting users.

use super::{
    scope::next,
    state::{Cursor, Export, ExportPage},
};
use crate::{Result, accounts::role::parse_user_role, imports::User};

/// Users of one page.
const MAX_USERS: usize = 2_000;

impl Export {
    /// The users of the app, and those who are or were in a conversation with one of them: as the app's
    /// doors show them, without the e-mail addresses of those who are not of the app.
    pub async fn users(&mut self, after: Option<Cursor>) -> Result<ExportPage<User>> {
        let from = after.map_or(0, |it| it.id);
        let (ids, has_more) = next(&self.user_ids, from, MAX_USERS);
        let ids = ids.to_vec();
        let last = ids.last().filter(|_| has_more).copied();
        let rows = sqlx::query!(
            r#"select u.id, u.name, u.username, u.avatar_url, u.role, u.created_at,
                u.last_seen_at, case when a.user_id is not null then u.email end as email,
                a.external_id as "external_id?", a.ended_at as "ended_at?"
            from users u
            left join app_users a on a.user_id = u.id and a.app_id = $1
            where u.id = any($2) order by u.id"#,
            self.app_id.0,
            &ids
        )
        .fetch_all(&mut *self.db)
        .await?;
        let users = rows.into_iter().map(|row| {
            Ok(User {
                id: self.ids.users.user(row.external_id, row.id)?,
                name: Some(row.name),
                username: Some(row.username),
                email: row.email,
                avatar_url: row.avatar_url,
                role: Some(parse_user_role(&row.role)),
                created_at: Some(row.created_at),
                last_seen_at: row.last_seen_at,
                active: Some(row.ended_at.is_none()),
            })
        });
        Ok(ExportPage {
            items: users.collect::<Result<_>>()?,
            next: last.map(|id| Cursor {
                id: id + 1,
                position: 0,
            }),
        })
    }
}
