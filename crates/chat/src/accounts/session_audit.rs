//! Session audit: compares callers whose sockets are open with the database, for what no event tells: a
//! session that expires, a role that changes, and a second factor that is owed.

use super::{authenticate::LAST_USED_RESOLUTION, role::parse_user_role};
use crate::{Caller, Chat, Result};
use model::UserRole;
use std::time::Duration;
use time::OffsetDateTime;

/// Callers per query.
const CALLERS_PER_QUERY: usize = 1_000;

impl Chat {
    /// Pause between two audits.
    pub fn session_audit_interval(&self) -> Duration {
        self.0.timings.sessions.audit_interval
    }

    /// The role that each of the callers has now; `None` for one who could not connect any more: the
    /// session has ended, the user is blocked or gone, or gone from the app, or owes a second factor. An open socket is use: it
    /// extends its session.
    pub async fn audit_callers(&self, callers: &[Caller]) -> Result<Vec<Option<UserRole>>> {
        let mut roles = vec![None; callers.len()];
        let mut first = 0;
        for chunk in callers.chunks(CALLERS_PER_QUERY) {
            self.audit_chunk(chunk, &mut roles[first..first + chunk.len()])
                .await?;
            first += chunk.len();
        }
        Ok(roles)
    }

    async fn audit_chunk(&self, callers: &[Caller], roles: &mut [Option<UserRole>]) -> Result<()> {
        let users: Vec<_> = callers.iter().map(|it| it.user_id.0).collect();
        // 0 is no id.
        let sessions = callers.iter().map(|it| it.session_id.map_or(0, |id| id.0));
        let apps = callers.iter().map(|it| it.app_id.map_or(0, |id| id.0));
        let (sessions, apps): (Vec<_>, Vec<_>) = (sessions.collect(), apps.collect());
        let rows = sqlx::query!(
            r#"select c.index as "index!", u.role as "role!", s.id as "session_id?",
                s.last_used_at as "last_used_at?"
            from unnest($1::bigint[], $2::bigint[], $3::bigint[])
                with ordinality c (user_id, session_id, app_id, index)
            join users u on u.id = c.user_id and u.blocked_at is null
            left join sessions s on s.id = c.session_id and s.user_id = c.user_id
                and s.revoked_at is null and s.expires_at > now()
            where (c.session_id = 0
                    or s.id is not null
                        and (s.identity_id is not null or not owes_two_factor(u, $4)))
                and (c.app_id = 0 or exists (
                    select from app_users a
                    where a.user_id = c.user_id and a.app_id = c.app_id and a.ended_at is null))"#,
            &users,
            &sessions,
            &apps,
            self.two_factor_demand()
        )
        .fetch_all(&self.0.db)
        .await?;
        let unused_since = OffsetDateTime::now_utc() - LAST_USED_RESOLUTION;
        let mut extended = Vec::new();
        for row in rows {
            let index = usize::try_from(row.index - 1).unwrap_or(usize::MAX);
            if let Some(role) = roles.get_mut(index) {
                *role = Some(parse_user_role(&row.role));
            }
            if row.last_used_at.is_some_and(|at| at < unused_since) {
                extended.extend(row.session_id);
            }
        }
        if extended.is_empty() {
            return Ok(());
        }
        self.extend_sessions(&extended).await
    }
}
