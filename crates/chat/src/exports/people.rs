//! Exporting users.

use super::{Cursor, Export, ExportPage, PAGE_ROWS, made_up_ids::user_id};
use crate::{Result, accounts::role::parse_user_role, imports::User};

impl Export {
    /// The users of the app, and those who are or were in a conversation with one of them.
    pub async fn users(&mut self, after: Option<Cursor>) -> Result<ExportPage<User>> {
        let rows = sqlx::query!(
            r#"select u.id, u.name, u.username, u.email, u.avatar_url, u.role, u.created_at,
                u.last_seen_at, a.external_id as "external_id?", a.ended_at as "ended_at?"
            from users u
            left join app_users a on a.user_id = u.id and a.app_id = $1
            where u.id > $2 and (a.user_id is not null or exists (
                select from members m
                join members other on other.conversation_id = m.conversation_id
                join app_users x on x.user_id = other.user_id and x.app_id = $1
                where m.user_id = u.id
            ))
            order by u.id limit $3"#,
            self.app_id.0,
            after.map_or(0, |it| it.id),
            PAGE_ROWS
        )
        .fetch_all(&mut *self.db)
        .await?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows == PAGE_ROWS);
        let last = rows.last().map(|row| row.id).filter(|_| is_full);
        let users = rows.into_iter().map(|row| {
            Ok(User {
                id: user_id(self.id_kind, row.external_id, row.id)?,
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
            next: last.map(|id| Cursor { id, position: 0 }),
        })
    }
}
