//! The second step of a sign-in: the ticket of the password, or of a provider, and a code.

use super::codes::wrong_code;
use crate::{
    Chat, Error, Result,
    accounts::{
        auth_error::SIGN_IN_ENDED,
        client::{Authenticated, Client, CodeShown, SignedInBy},
        secrets::{hash_secret, new_secret},
        sign_in_ticket::SignInTicket,
    },
    audit::RefusalReason,
};
use model::{TwoFactorLogin, UserId};

/// Minutes for which a ticket is valid.
const VALID_MINUTES: i32 = 5;

/// What the ticket of a request is for.
struct Ticket {
    user_id: UserId,
    credentials_version: i64,
    is_network_known: bool,
    by: Option<SignedInBy>,
}

impl Chat {
    /// The proof of a sign-in whose password was right, or was just chosen, of a user without a second factor, or from a device
    /// that is remembered.
    ///
    /// # Errors
    /// `TwoFactorRequired` with a ticket for all others; `EmailUnconfirmed` while the address of the account is to be
    /// proved.
    pub(in crate::accounts) async fn after_password(
        &self,
        user_id: UserId,
        credentials_version: i64,
        client: &Client,
    ) -> Result<Authenticated> {
        self.require_proof(user_id).await?;
        let code = self
            .code_of_device(user_id, credentials_version, None, client)
            .await?;
        let proof = self
            .proof(user_id, credentials_version, None, client)
            .await?;
        Ok(Authenticated { code, ..proof })
    }

    /// The same after a sign-in with a provider, which asks for the second factor or not.
    pub(crate) async fn after_provider(
        &self,
        user_id: UserId,
        credentials_version: i64,
        by: SignedInBy,
        asks: bool,
        client: &Client,
    ) -> Result<Authenticated> {
        self.require_proof(user_id).await?;
        let code = if asks {
            self.code_of_device(user_id, credentials_version, Some(&by), client)
                .await?
        } else {
            None
        };
        let proof = self
            .proof(user_id, credentials_version, Some(by), client)
            .await?;
        Ok(Authenticated { code, ..proof })
    }

    /// Whether a device that is remembered stands in for a code.
    ///
    /// # Errors
    /// Those of `ask_for_code`, where none does.
    async fn code_of_device(
        &self,
        user_id: UserId,
        credentials_version: i64,
        by: Option<&SignedInBy>,
        client: &Client,
    ) -> Result<Option<CodeShown>> {
        if self
            .is_remembered(user_id, credentials_version, client)
            .await?
        {
            return Ok(Some(CodeShown::ByDevice));
        }
        self.ask_for_code(user_id, credentials_version, by).await?;
        Ok(None)
    }

    /// The proof of a sign-in that has shown all that it must.
    async fn proof(
        &self,
        user_id: UserId,
        credentials_version: i64,
        by: Option<SignedInBy>,
        client: &Client,
    ) -> Result<Authenticated> {
        let is_new_device = self
            .0
            .keys
            .device(client.device.as_deref(), user_id)
            .is_none();
        let is_network_known = sqlx::query_scalar!(
            r#"select exists (
                select from sign_in_networks where user_id = $1 and network = $2
            ) as "is_known!""#,
            user_id.0,
            client.network_text()
        )
        .fetch_one(&self.0.db)
        .await?;
        self.remember_network(user_id, client.address).await?;
        let user = self.find_user(user_id).await?;
        Ok(Authenticated {
            by,
            is_new_device,
            is_new_network: client.address.is_some() && !is_network_known,
            ..Authenticated::new(user, credentials_version)
        })
    }

    /// # Errors
    /// `TwoFactorRequired` with a ticket, where the user has a second factor.
    async fn ask_for_code(
        &self,
        user_id: UserId,
        credentials_version: i64,
        by: Option<&SignedInBy>,
    ) -> Result<()> {
        let (secret, hash) = new_secret();
        let asked = sqlx::query!(
            "with expired as (
                delete from sign_in_tickets where user_id = $2 and expires_at < now()
            )
            insert into sign_in_tickets
                (token_hash, user_id, credentials_version, expires_at, identity_id, provider_session)
            select $1, user_id, $3, now() + make_interval(mins => $4), $5, $6
            from two_factors where user_id = $2",
            &hash[..],
            user_id.0,
            credentials_version,
            VALID_MINUTES,
            by.map(|by| by.identity_id),
            by.and_then(|by| by.provider_session.as_deref())
        )
        .execute(&self.0.db)
        .await?;
        if asked.rows_affected() > 0 {
            return Err(Error::TwoFactorRequired(SignInTicket::new(secret)));
        }
        Ok(())
    }

    /// Signs in with the ticket of a password that was right, and a code. Ticket and code are used up together.
    ///
    /// # Errors
    /// `Unauthenticated` for a ticket that is not good: it has to begin with the password; `Invalid` for a wrong code,
    /// after which another one can be sent; `TooManyRequests` after too many wrong ones.
    pub async fn sign_in_with_code(
        &self,
        login: &TwoFactorLogin,
        client: &Client,
    ) -> Result<Authenticated> {
        let hash = hash_secret(&login.ticket);
        let ticket = self.find_ticket(&hash, client).await?;
        let user_id = ticket.user_id;
        let familiarity = self.familiarity(user_id, ticket.is_network_known, client);
        let attempt = self
            .count_code(user_id, client.address, &familiarity)
            .await
            .inspect_err(|error| self.0.refusals.note_limit(error, Some(user_id), client))?;
        let is_good = self.use_ticket(&hash, user_id, &login.code).await;
        // A code that was not looked at was not wrong.
        if !matches!(is_good, Ok(false)) {
            self.forgive(attempt).await;
        }
        if !is_good? {
            let reason = RefusalReason::Code;
            self.0.refusals.note(reason, Some(user_id), client);
            return Err(wrong_code());
        }
        let version = ticket.credentials_version;
        let proof = self.proof(user_id, version, ticket.by, client).await?;
        Ok(Authenticated {
            code: Some(CodeShown::Now),
            ..proof
        })
    }

    async fn find_ticket(&self, hash: &[u8], client: &Client) -> Result<Ticket> {
        let found = sqlx::query!(
            r#"select t.user_id, t.credentials_version, t.identity_id, t.provider_session, exists (
                select from sign_in_networks n where n.user_id = t.user_id and n.network = $2
            ) as "is_network_known!"
            from sign_in_tickets t join users u on u.id = t.user_id
                and u.credentials_version = t.credentials_version and u.blocked_at is null
            where t.token_hash = $1 and t.expires_at > now()"#,
            hash,
            client.network_text()
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(SIGN_IN_ENDED)?;
        Ok(Ticket {
            user_id: UserId(found.user_id),
            credentials_version: found.credentials_version,
            is_network_known: found.is_network_known,
            by: found.identity_id.map(|identity_id| SignedInBy {
                identity_id,
                provider_session: found.provider_session,
            }),
        })
    }

    /// Returns whether the code was good. Of two requests with one ticket, the later one finds none.
    async fn use_ticket(&self, hash: &[u8], user_id: UserId, code: &str) -> Result<bool> {
        let mut tx = self.begin().await?;
        if !self.use_code(&mut tx, user_id, code).await? {
            return Ok(false);
        }
        let used = sqlx::query!("delete from sign_in_tickets where token_hash = $1", hash)
            .execute(&mut *tx)
            .await?;
        if used.rows_affected() == 0 {
            return Err(SIGN_IN_ENDED);
        }
        tx.commit().await?;
        Ok(true)
    }
}
