//! Administrators of the whole server: that there is always one, once there is one.

use super::role::parse_user_role;
use crate::{Chat, Error, Result};
use model::{UserId, UserRole};
use sqlx::{PgConnection, PgExecutor};

/// The advisory lock under which administrators become members or are blocked, and the first one is made.
const ADMINISTRATORS_LOCK: i64 = 0x7061_726c_616e;

impl Chat {
    /// Whether somebody is an administrator who can sign in.
    pub async fn has_administrator(&self) -> Result<bool> {
        is_anybody_administrator(&self.0.db).await
    }
}

/// Holds the administrators as they are until the end of the transaction.
pub async fn lock_administrators(tx: &mut PgConnection) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock($1)", ADMINISTRATORS_LOCK)
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn is_anybody_administrator(db: impl PgExecutor<'_>) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (
            select from users where role = 'admin' and blocked_at is null) as "found!""#
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}

/// That the user may be blocked or become a member now. Locks the administrators.
///
/// # Errors
/// `NotFound` for nobody; `Conflict` for the last administrator.
pub(crate) async fn require_not_last(tx: &mut PgConnection, id: UserId) -> Result<()> {
    lock_administrators(tx).await?;
    let user = sqlx::query!(
        r#"select role, blocked_at is not null as "is_blocked!", exists (
            select from users other
            where other.role = 'admin' and other.blocked_at is null and other.id <> $1
        ) as "is_other!"
        from users where id = $1"#,
        id.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound("user"))?;
    let is_admin = parse_user_role(&user.role) == UserRole::Admin;
    if is_admin && !user.is_blocked && !user.is_other {
        return Err(Error::Conflict(
            "This is the last administrator. Make somebody else one first.",
        ));
    }
    Ok(())
}
