//! The invitation of the first administrator, which the program prints when it starts: nobody becomes an
//! administrator by being the first to register.

use crate::{Chat, Result, accounts::secrets::new_secret};

/// Hours for which it is valid.
const VALID_HOURS: i32 = 24;

impl Chat {
    /// Makes an invitation for one administrator, and returns its token; `None` while there is an
    /// administrator. One of an earlier start stays valid for its time: another node may have printed it. With
    /// the first administrator, all end.
    pub async fn invite_first_administrator(&self) -> Result<Option<String>> {
        if self.has_administrator().await? {
            return Ok(None);
        }
        let (token, hash) = new_secret();
        sqlx::query!(
            "insert into invitations (token_hash, expires_at, note, role, max_uses, is_of_first_admin)
            values ($1, now() + make_interval(hours => $2), 'The first administrator', 'admin', 1, true)",
            &hash[..],
            VALID_HOURS
        )
        .execute(&self.0.db)
        .await?;
        Ok(Some(token))
    }
}
