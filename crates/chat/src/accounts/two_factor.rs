//! The second factor of a user: begun, turned on, turned off, and reset by an administrator.

mod codes;
mod recovery_codes;
mod remembered_devices;
mod required;
mod sign_in;
mod totp;

pub use remembered_devices::RememberedBrowser;

use super::{client::Client, security_note::SecurityChange, sessions::revoke_others};
use crate::{
    Caller, Chat, Delivery, Error, Result,
    audit::{NewEntry, RefusalReason},
    rate_limit::wrong_guesses::Familiarity,
};
use codes::{now, without_spaces, wrong_code};
use model::{
    AuditAction, NewTwoFactor, RecoveryCodes, TwoFactor, TwoFactorCode, TwoFactorProof,
    TwoFactorSetup, UserId,
};
use sqlx::{Postgres, Transaction};

/// Minutes in which a code has to follow the secret.
const SETUP_MINUTES: i32 = 15;

const IS_ON: Error = Error::Conflict("Two-factor authentication is on already.");
const IS_OFF: Error = Error::Conflict("Two-factor authentication is off.");
const NOT_BEGUN: Error =
    Error::Conflict("Begin with your password: what was begun before has ended.");

impl Chat {
    /// Whether signing in asks the caller for a code.
    pub async fn two_factor(&self, caller: &Caller) -> Result<TwoFactor> {
        let row = sqlx::query!(
            r#"select f.enabled_at as "enabled_at?", u.two_factor_reset_at,
                demands_two_factor(u, $2) as "required!", (
                select count(*) from recovery_codes c where c.user_id = u.id
            ) as "recovery_codes_left!"
            from users u left join two_factors f on f.user_id = u.id where u.id = $1"#,
            caller.user_id.0,
            self.two_factor_demand()
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(TwoFactor {
            enabled_at: row.enabled_at,
            recovery_codes_left: row.recovery_codes_left,
            reset_at: row.two_factor_reset_at,
            required: row.required,
        })
    }

    /// Makes a secret for the caller's app, in the place of one that was begun before. Nothing asks for codes until
    /// `enable_two_factor`.
    ///
    /// # Errors
    /// Those of `prove_themself`; `Conflict` where it is on already.
    pub async fn begin_two_factor(
        &self,
        caller: &Caller,
        new: NewTwoFactor,
        client: &Client,
    ) -> Result<TwoFactorSetup> {
        self.prove_themself(caller, new.current_password, client)
            .await?;
        let secret = rand::random::<[u8; totp::SECRET_BYTES]>();
        let key = self.0.keys.two_factor_key();
        let begun = sqlx::query!(
            "insert into two_factor_setups (user_id, session_id, secret, expires_at)
            select $1, $2, $3, now() + make_interval(mins => $4)
            where not exists (select from two_factors where user_id = $1)
            on conflict (user_id) do update set session_id = excluded.session_id,
                secret = excluded.secret, expires_at = excluded.expires_at",
            caller.user_id.0,
            caller.session_id.map(|id| id.0),
            key.encrypt(caller.user_id, &secret)?,
            SETUP_MINUTES
        )
        .execute(&self.0.db)
        .await?;
        if begun.rows_affected() == 0 {
            return Err(IS_ON);
        }
        self.two_factor_setup(caller).await?.ok_or(NOT_BEGUN)
    }

    /// The secret that the caller has begun with in this session; `None` if there is none that is still good.
    pub async fn two_factor_setup(&self, caller: &Caller) -> Result<Option<TwoFactorSetup>> {
        let begun = sqlx::query!(
            "select s.secret, s.expires_at, u.username
            from two_factor_setups s join users u on u.id = s.user_id
            where s.user_id = $1 and s.session_id is not distinct from $2 and s.expires_at > now()",
            caller.user_id.0,
            caller.session_id.map(|id| id.0)
        )
        .fetch_optional(&self.0.db)
        .await?;
        let Some(begun) = begun else {
            return Ok(None);
        };
        let secret = self.two_factor_secret(caller.user_id, &begun.secret)?;
        Ok(secret.map(|secret| TwoFactorSetup {
            secret: totp::to_base32(&secret),
            uri: totp::uri(&secret, &begun.username),
            expires_at: begun.expires_at,
        }))
    }

    /// Turns it on with a code of the app, which proves that the app has the secret. All other sessions of the caller
    /// end, with their sockets: nobody has shown a code for them. Returns the recovery codes.
    ///
    /// # Errors
    /// `Conflict` where nothing was begun in this session, or it is on already; `Invalid` for a wrong code, after
    /// which another one can be sent.
    pub async fn enable_two_factor(
        &self,
        caller: &Caller,
        code: &TwoFactorCode,
    ) -> Result<RecoveryCodes> {
        caller.require_person()?;
        let user_id = caller.user_id;
        let mut tx = self.begin().await?;
        // Whoever signs in meanwhile waits here, and opens no session then.
        sqlx::query!(
            "update users set credentials_version = credentials_version + 1,
                two_factor_reset_at = null
            where id = $1",
            user_id.0
        )
        .execute(&mut *tx)
        .await?;
        let begun = sqlx::query_scalar!(
            "delete from two_factor_setups
            where user_id = $1 and session_id is not distinct from $2 and expires_at > now()
            returning secret",
            user_id.0,
            caller.session_id.map(|id| id.0)
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(NOT_BEGUN)?;
        let secret = self.two_factor_secret(user_id, &begun)?.ok_or(NOT_BEGUN)?;
        let code = without_spaces(&code.code);
        let step = totp::matching_step(&secret, &code, now(), 0).ok_or_else(wrong_code)?;
        let enabled = sqlx::query!(
            "insert into two_factors (user_id, secret, last_step) values ($1, $2, $3)
            on conflict do nothing",
            user_id.0,
            begun,
            step
        )
        .execute(&mut *tx)
        .await?;
        if enabled.rows_affected() == 0 {
            return Err(IS_ON);
        }
        let recovery_codes = recovery_codes::replace(&mut tx, user_id).await?;
        let ended = revoke_others(&mut *tx, user_id, caller.session_id).await?;
        self.queue_security_note(&mut tx, user_id, SecurityChange::TwoFactorOn)
            .await?;
        let entry = NewEntry::by(caller, AuditAction::TwoFactorEnabled);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        self.0.emails.wake();
        tracing::info!(user = %user_id, "two-factor authentication was turned on");
        self.publish_ended(ended);
        Ok(RecoveryCodes { recovery_codes })
    }

    /// Turns it off, with the password and a code. Tickets, recovery codes and remembered devices end.
    ///
    /// # Errors
    /// Those of `prove_themself`; `Invalid` for a wrong code; `Conflict` where it is off, and for a caller who has to have it.
    pub async fn disable_two_factor(
        &self,
        caller: &Caller,
        proof: TwoFactorProof,
        client: &Client,
    ) -> Result<()> {
        self.require_not_demanded(caller).await?;
        let mut tx = self.prove_two_factor(caller, proof, client).await?;
        sqlx::query!(
            "delete from two_factors where user_id = $1",
            caller.user_id.0
        )
        .execute(&mut *tx)
        .await?;
        self.queue_security_note(&mut tx, caller.user_id, SecurityChange::TwoFactorOff)
            .await?;
        let entry = NewEntry::by(caller, AuditAction::TwoFactorDisabled);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        self.0.emails.wake();
        tracing::info!(user = %caller.user_id, "two-factor authentication was turned off");
        Ok(())
    }

    /// Makes new recovery codes in the place of all earlier ones, with the password and a code.
    ///
    /// # Errors
    /// Those of `prove_themself`; `Invalid` for a wrong code; `Conflict` where it is off.
    pub async fn renew_recovery_codes(
        &self,
        caller: &Caller,
        proof: TwoFactorProof,
        client: &Client,
    ) -> Result<RecoveryCodes> {
        let mut tx = self.prove_two_factor(caller, proof, client).await?;
        let recovery_codes = recovery_codes::replace(&mut tx, caller.user_id).await?;
        let entry = NewEntry::by(caller, AuditAction::TwoFactorCodesRenewed);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        Ok(RecoveryCodes { recovery_codes })
    }

    /// Checks what `prove_themself` does, and the code of a caller who has a second factor: once more before something
    /// that a stolen session must not do. The transaction has used the code.
    ///
    /// # Errors
    /// Those of `prove_themself`; `Invalid` for a wrong code.
    pub(crate) async fn prove_person(
        &self,
        caller: &Caller,
        proof: TwoFactorProof,
        client: &Client,
    ) -> Result<Transaction<'static, Postgres>> {
        if self.two_factor(caller).await?.enabled_at.is_some() {
            return self.prove_two_factor(caller, proof, client).await;
        }
        self.prove_themself(caller, proof.current_password, client)
            .await?;
        self.begin().await
    }

    /// Checks password and code. The transaction has used the code, and holds the factor.
    async fn prove_two_factor(
        &self,
        caller: &Caller,
        proof: TwoFactorProof,
        client: &Client,
    ) -> Result<Transaction<'static, Postgres>> {
        if self.two_factor(caller).await?.enabled_at.is_none() {
            return Err(IS_OFF);
        }
        self.prove_themself(caller, proof.current_password, client)
            .await?;
        self.prove_code(caller, &proof.code, client).await
    }

    /// Checks a code of the caller's. The transaction has used it, and holds the factor.
    pub(crate) async fn prove_code(
        &self,
        caller: &Caller,
        code: &str,
        client: &Client,
    ) -> Result<Transaction<'static, Postgres>> {
        let attempt = self
            .count_code(caller.user_id, client.address, &Familiarity::Network)
            .await
            .inspect_err(|error| {
                let id = Some(caller.user_id);
                self.0.refusals.note_limit(error, id, client);
            })?;
        let mut tx = self.begin().await?;
        let is_good = self.use_code(&mut tx, caller.user_id, code).await;
        if !matches!(is_good, Ok(false)) {
            self.forgive(attempt).await;
        }
        if is_good? {
            Ok(tx)
        } else {
            let (reason, id) = (RefusalReason::Code, Some(caller.user_id));
            self.0.refusals.note(reason, id, client);
            Err(wrong_code())
        }
    }

    /// Takes the second factor of a user away, who has lost app and recovery codes, and ends all their sessions: the
    /// lost device may have one. Returns whether there was one. Administrators only; of their own they turn it off.
    ///
    /// # Errors
    /// `NotFound` for nobody; `Conflict` for the caller themself.
    pub async fn reset_two_factor(&self, caller: &Caller, id: UserId) -> Result<bool> {
        caller.require_admin()?;
        caller.require_person()?;
        if id == caller.user_id {
            return Err(Error::Conflict(
                "Turn your own off in your settings, with your password and a code.",
            ));
        }
        self.find_user(id).await?;
        let mut tx = self.begin().await?;
        let reset = sqlx::query!(
            "update users set credentials_version = credentials_version + 1,
                two_factor_reset_at = now()
            where id = $1 and exists (select from two_factors where user_id = $1)",
            id.0
        )
        .execute(&mut *tx)
        .await?;
        if reset.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!("delete from two_factors where user_id = $1", id.0)
            .execute(&mut *tx)
            .await?;
        revoke_others(&mut *tx, id, None).await?;
        self.note_access_change(&mut *tx, id).await?;
        self.queue_security_note(&mut tx, id, SecurityChange::TwoFactorReset)
            .await?;
        let entry = NewEntry::by(caller, AuditAction::TwoFactorReset).on(id);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        self.0.emails.wake();
        tracing::info!(user = %id, by = %caller.user_id, "the second factor of a user was taken away");
        self.0.bus.publish(Delivery::DisconnectUser(id));
        Ok(true)
    }
}
