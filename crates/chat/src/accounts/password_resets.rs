//! Links with which a user chooses a password in the place of a forgotten one: made by an administrator or
//! the operator, who gives it to the user.

use super::{
    administrators::NOT_KEPT_HERE,
    auth_error::ACCOUNT_BLOCKED,
    client::{Authenticated, Client},
    hash_queue::Bearer,
    password_rules::check_password,
    passwords,
    secrets::{hash_secret, new_secret},
    security_note::SecurityChange,
    sessions::revoke_others,
};
use crate::{Caller, Chat, Delivery, Error, Result, audit::NewEntry, network::network};
use model::{AuditAction, PasswordReset, PasswordResetLink, UserId};

/// Minutes for which a link is valid.
pub(super) const VALID_MINUTES: i32 = 30;

/// One error for every link that is not good, whatever the reason.
const NO_LINK: Error = Error::NotFound("link: it was used, or it is too old");

/// The user of a link that is good.
struct Reset {
    /// The username first.
    names: Vec<String>,
}

impl Chat {
    /// Makes a link for a user, in the place of an earlier one. Administrators only. Nothing else changes
    /// until it is used.
    ///
    /// # Errors
    /// `NotFound` for nobody; `Forbidden` for somebody who is blocked; `Conflict` for a user of an app.
    pub async fn create_password_reset(
        &self,
        caller: &Caller,
        id: UserId,
    ) -> Result<PasswordResetLink> {
        caller.require_admin()?;
        self.require_passwords_of(caller)?;
        caller.require_person()?;
        let (token, hash) = new_secret();
        let user = sqlx::query!(
            r#"select blocked_at, is_bot, password_hash is null and exists (
                select from app_users a where a.user_id = u.id) as "is_of_app!"
            from users u where id = $1"#,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("user"))?;
        if user.blocked_at.is_some() {
            return Err(ACCOUNT_BLOCKED);
        }
        if user.is_bot {
            return Err(Error::Conflict("A bot has tokens, and no password."));
        }
        if user.is_of_app {
            return Err(Error::Conflict(
                "This user signs in by an app, which knows the password.",
            ));
        }
        let mut tx = self.begin().await?;
        // Both rows are held: the link ends with its maker's role, and is none of somebody who is blocked.
        let expires_at = sqlx::query_scalar!(
            "with maker as (
                select from users where id = $4 and role = 'admin' and blocked_at is null for share
            ), owner as (
                select id from users where id = $1 and blocked_at is null for share
            )
            insert into password_resets (user_id, token_hash, expires_at, created_by)
            select id, $2, now() + make_interval(mins => $3), nullif($4::bigint, 0) from owner
            where $4 = 0 or exists (select from maker)
            on conflict (user_id) do update set token_hash = excluded.token_hash,
                expires_at = excluded.expires_at, created_by = excluded.created_by
            returning expires_at",
            id.0,
            &hash[..],
            VALID_MINUTES,
            caller.user_id.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(NOT_KEPT_HERE)?;
        let entry = NewEntry::by(caller, AuditAction::PasswordLinkMade).on(id);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        tracing::info!(user = %id, by = %caller.user_id, "a link to choose a password was made");
        Ok(PasswordResetLink { token, expires_at })
    }

    /// The username for which a link is good. Using it is another matter: programs that look at links before
    /// people do change nothing.
    ///
    /// # Errors
    /// `NotFound`. Nothing counts wrong links: their secret of 256 bits is not guessed.
    pub async fn password_reset_user(&self, token: &str) -> Result<String> {
        let reset = self.find_reset(token).await?;
        Ok(reset.names.into_iter().next().unwrap_or_default())
    }

    /// Gives the user of the link another password. The link and all sessions end, with their sockets. A second factor
    /// stays: with the password changed, it is asked for.
    ///
    /// # Errors
    /// `NotFound` for a link that is not good, whether it ever was or not; `Invalid` for a password that is
    /// refused, after which the link is still good; `TwoFactorRequired` once the password is changed.
    pub async fn reset_password(
        &self,
        reset: PasswordReset,
        client: &Client,
    ) -> Result<Authenticated> {
        let found = self.find_reset(&reset.token).await?;
        let names: Vec<_> = found.names.iter().map(String::as_str).collect();
        check_password("password", &reset.password, &names)?;
        let bearer = Bearer::Network(client.address.map(network));
        let password_hash = passwords::hash(reset.password, bearer).await?;

        let mut tx = self.begin().await?;
        // Of two who use it at once, one finds it.
        let used = sqlx::query!(
            "with used as (
                delete from password_resets where token_hash = $1 and expires_at > now()
                returning user_id
            )
            update users set password_hash = $2, credentials_version = credentials_version + 1
            from used where id = used.user_id and blocked_at is null
            returning id, credentials_version",
            &hash_secret(&reset.token)[..],
            password_hash
        )
        .fetch_optional(&mut *tx)
        .await?;
        let used = used.ok_or(NO_LINK)?;
        let user_id = UserId(used.id);
        revoke_others(&mut *tx, user_id, None).await?;
        self.note_access_change(&mut *tx, user_id).await?;
        self.queue_security_note(&mut tx, user_id, SecurityChange::Password)
            .await?;
        let entry = NewEntry::by_client(user_id, client, AuditAction::PasswordReset);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        self.0.emails.wake();
        self.0.bus.publish(Delivery::DisconnectUser(user_id));
        self.after_password(user_id, used.credentials_version, client)
            .await
    }

    async fn find_reset(&self, token: &str) -> Result<Reset> {
        let found = sqlx::query!(
            "select u.username, u.name, u.email
            from password_resets r join users u on u.id = r.user_id
            where r.token_hash = $1 and r.expires_at > now() and u.blocked_at is null and not u.is_bot",
            &hash_secret(token)[..]
        )
        .fetch_optional(&self.0.db)
        .await?;
        let user = found.ok_or(NO_LINK)?;
        let names = [Some(user.username), Some(user.name), user.email];
        Ok(Reset {
            names: names.into_iter().flatten().collect(),
        })
    }
}
