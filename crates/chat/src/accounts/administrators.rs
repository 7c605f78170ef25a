//! Administrators of the whole server: that there is always one, once there is one.

use crate::{Chat, Error, Result};
use model::UserId;
use sqlx::{PgConnection, PgExecutor};

/// The advisory lock under which administrators become members or are blocked, and the first one is made.
const ADMINISTRATORS_LOCK: i64 = 0x7061_726c_616e;

/// A link ends with the role of whoever has made it, so that somebody whose role is in tokens only makes none.
pub(crate) const NOT_KEPT_HERE: Error =
    Error::Forbidden("This is for administrators whose role is kept here.");

impl Chat {
    /// Whether somebody is an administrator who can sign in.
    pub async fn has_administrator(&self) -> Result<bool> {
        self.is_anybody_administrator(&self.0.db).await
    }

    pub(crate) async fn is_anybody_administrator(&self, db: impl PgExecutor<'_>) -> Result<bool> {
        let found = sqlx::query_scalar!(
            r#"select exists (select from present_administrators($1, $2)) as "found!""#,
            self.takes_passwords(),
            &self.issuers()
        )
        .fetch_one(db)
        .await?;
        Ok(found)
    }

    /// That the user may be blocked or become a member now. Locks the administrators. An administrator by the word of a
    /// token is one until the next token, and so never the only other one.
    ///
    /// # Errors
    /// `NotFound` for nobody; `Conflict` for the last administrator.
    pub(crate) async fn require_not_last(&self, tx: &mut PgConnection, id: UserId) -> Result<()> {
        lock_administrators(tx).await?;
        let user = sqlx::query!(
            r#"with administrators as materialized (select * from present_administrators($2, $3))
            select a.user_id is not null as "is_one!", coalesce(a.is_lasting, false) as "is_lasting!",
                exists (select from administrators o where o.user_id <> $1) as "is_other!",
                exists (select from administrators o where o.user_id <> $1 and o.is_lasting)
                    as "is_other_lasting!"
            from users u left join administrators a on a.user_id = u.id where u.id = $1"#,
            id.0,
            self.takes_passwords(),
            &self.issuers()
        )
        .fetch_optional(tx)
        .await?
        .ok_or(Error::NotFound("user"))?;
        if user.is_one && !user.is_other || user.is_lasting && !user.is_other_lasting {
            return Err(Error::Conflict(
                "This is the last administrator who can sign in. Make somebody else one first.",
            ));
        }
        Ok(())
    }
}

/// Holds the administrators as they are until the end of the transaction.
pub async fn lock_administrators(tx: &mut PgConnection) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock($1)", ADMINISTRATORS_LOCK)
        .execute(tx)
        .await?;
    Ok(())
}
