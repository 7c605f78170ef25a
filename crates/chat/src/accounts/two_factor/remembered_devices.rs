//! Remembered devices: browsers and programs in which a right password asks for no code for some days, since one was shown
//! there. What stands in for the code is a random secret, which the device keeps and the database knows by its hash. It
//! stands in for nothing else: whoever has the secret alone has nothing, and `prove_person` never looks at it.

use crate::{
    Caller, Chat, Error, Result,
    accounts::{
        client::{Authenticated, Client, CodeShown},
        secrets::{hash_secret, new_secret},
    },
    audit::NewEntry,
};
use model::{AuditAction, RememberedDevice, RememberedDeviceId, UserId};
use time::Duration;

/// Devices that one user has at most. With one more, the oldest is forgotten.
const MAX_DEVICES: i64 = 20;

/// Accounts whose secrets one browser keeps; the latest.
const MAX_ACCOUNTS: usize = 4;

/// Characters of the longest secret that is looked for. Ours have 43.
const MAX_SECRET: usize = 64;

/// Between the secrets in a cookie.
const SEPARATOR: char = '~';

/// What a browser keeps in its cookie, and for how long.
pub struct RememberedBrowser {
    pub cookie: String,
    pub lifetime: Duration,
}

impl Chat {
    /// Remembers the device of somebody who has just shown a code. Returns its secret; `None` where no devices are
    /// remembered, for a sign-in without a code, and where the database fails: the code is used up, and the sign-in goes on.
    pub async fn remember_device(&self, who: &Authenticated, client: &Client) -> Option<String> {
        let remembered = self.insert_device(who, client).await;
        remembered.unwrap_or_else(|error| {
            tracing::warn!(%error, user = %who.user.id, "a device is not remembered");
            None
        })
    }

    async fn insert_device(&self, who: &Authenticated, client: &Client) -> Result<Option<String>> {
        let Some(lifetime) = self.0.two_factor.remember_for() else {
            return Ok(None);
        };
        if who.code != Some(CodeShown::Now) {
            return Ok(None);
        }
        let (secret, hash) = new_secret();
        let user_agent = client.user_agent.as_deref();
        let user_agent = user_agent.map(|it| it.chars().take(300).collect::<String>());
        let mut tx = self.begin().await?;
        // Those that are too many go before the new one comes.
        let remembered = sqlx::query!(
            "with forgotten as (
                delete from remembered_devices where user_id = $1 and (expires_at < now() or id in (
                    select id from remembered_devices where user_id = $1 order by id desc offset $7))
            )
            insert into remembered_devices
                (user_id, secret_hash, credentials_version, user_agent, address, expires_at)
            select f.user_id, $2, $3, $4, $5, now() + make_interval(secs => $6)
            from two_factors f where f.user_id = $1",
            who.user.id.0,
            &hash[..],
            who.credentials_version,
            user_agent,
            client.address.map(|it| it.to_string()),
            lifetime.as_seconds_f64(),
            MAX_DEVICES - 1
        )
        .execute(&mut *tx)
        .await?;
        if remembered.rows_affected() == 0 {
            return Ok(None);
        }
        let action = AuditAction::TwoFactorDeviceRemembered;
        let entry = NewEntry::by_client(who.user.id, client, action);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(secret))
    }

    /// The same for a browser: its cookie, in which the secret stands before those of other accounts.
    pub async fn remember_browser(
        &self,
        who: &Authenticated,
        client: &Client,
    ) -> Option<RememberedBrowser> {
        let lifetime = self.0.two_factor.remember_for()?;
        let mut cookie = self.remember_device(who, client).await?;
        for other in secrets(client.remembered.as_deref()).take(MAX_ACCOUNTS - 1) {
            cookie.push(SEPARATOR);
            cookie.push_str(other);
        }
        Some(RememberedBrowser { cookie, lifetime })
    }

    /// Whether the client is remembered for the account, as its credentials are now.
    pub(super) async fn is_remembered(
        &self,
        user_id: UserId,
        credentials_version: i64,
        client: &Client,
    ) -> Result<bool> {
        if self.0.two_factor.remember_for().is_none() {
            return Ok(false);
        }
        let hashes: Vec<_> = secrets(client.remembered.as_deref())
            .map(|secret| hash_secret(secret).to_vec())
            .collect();
        if hashes.is_empty() {
            return Ok(false);
        }
        let used = sqlx::query!(
            "update remembered_devices set last_used_at = now()
            where user_id = $1 and secret_hash = any($3) and credentials_version = $2
                and expires_at > now()",
            user_id.0,
            credentials_version,
            &hashes
        )
        .execute(&self.0.db)
        .await?;
        Ok(used.rows_affected() > 0)
    }

    /// The caller's remembered devices, the newest first.
    pub async fn remembered_devices(&self, caller: &Caller) -> Result<Vec<RememberedDevice>> {
        caller.require_person()?;
        let rows = sqlx::query!(
            "select d.id, d.user_agent, d.address, d.created_at, d.last_used_at, d.expires_at
            from remembered_devices d join users u on u.id = d.user_id
                and u.credentials_version = d.credentials_version
            where d.user_id = $1 and d.expires_at > now() order by d.id desc",
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let devices = rows.into_iter().map(|row| RememberedDevice {
            id: RememberedDeviceId(row.id),
            user_agent: row.user_agent,
            address: row.address,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        });
        Ok(devices.collect())
    }

    /// Forgets a device of the caller's: the next sign-in there asks for a code.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn forget_device(&self, caller: &Caller, id: RememberedDeviceId) -> Result<()> {
        caller.require_person()?;
        let mut tx = self.begin().await?;
        let forgotten = sqlx::query!(
            "delete from remembered_devices where id = $1 and user_id = $2",
            id.0,
            caller.user_id.0
        )
        .execute(&mut *tx)
        .await?;
        if forgotten.rows_affected() == 0 {
            return Err(Error::NotFound("device"));
        }
        let entry = NewEntry::by(caller, AuditAction::TwoFactorDeviceForgotten);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The secrets of a cookie, or the one of a program.
fn secrets(kept: Option<&str>) -> impl Iterator<Item = &str> {
    kept.into_iter()
        .flat_map(|it| it.split(SEPARATOR))
        .filter(|secret| !secret.is_empty() && secret.len() <= MAX_SECRET)
        .filter(|secret| secret.bytes().all(is_secret_byte))
        .take(MAX_ACCOUNTS)
}

/// Base64url (RFC 4648, 5).
fn is_secret_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::secrets;

    #[test]
    fn a_cookie_has_a_few_secrets_and_nothing_else() {
        let of = |kept| secrets(kept).collect::<Vec<_>>();
        assert_eq!(of(Some("a-_9~b")), ["a-_9", "b"]);
        assert_eq!(of(Some("~a~\u{e9}~b;c~")), ["a"]);
        assert_eq!(of(Some("a~b~c~d~e")), ["a", "b", "c", "d"]);
        let long = "a".repeat(65);
        assert!(of(Some(&long)).is_empty() && of(None).is_empty());
    }
}
