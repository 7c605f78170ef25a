//! Signing out: the provider ends sessions here (OpenID Connect Back-Channel Logout), and people end theirs there
//! (RP-Initiated Logout).

use super::{
    fault::Fault,
    provider_token::{session, text, verify_logout_token},
    spent::spend,
};
use crate::{Caller, Chat, Error, Result, audit::NewEntry};
use model::{AuditAction, UserId};
use sqlx::PgConnection;

/// Minutes for which a `jti` is remembered: longer than its token is good.
const SPENT_MINUTES: i32 = 8;

impl Chat {
    /// Ends the sessions that a provider's logout token names, with their sockets: those of its subject, those of its
    /// session, or where it names both, those of both.
    ///
    /// # Errors
    /// `Unauthenticated` for a token that is not good, or has come before; `ProviderAway`.
    pub async fn end_sessions_of_provider(&self, provider: &str, logout_token: &str) -> Result<()> {
        let provider = self.find_provider(provider)?;
        let config = &provider.config;
        let told = |fault: Fault| fault.told(&config.id);
        let metadata = provider.metadata().await.map_err(told)?;
        let claims = verify_logout_token(logout_token, config, &metadata).await;
        let claims = claims.map_err(told)?;
        let jti = text(&claims, "jti").unwrap_or_default();
        let kind = format!("jti of {}", config.issuer);
        // Together: a token that has ended nothing, because the database failed, is good once more.
        let mut tx = self.begin().await?;
        if !spend(&mut *tx, &kind, jti, SPENT_MINUTES).await? {
            return Err(told(Fault::Replayed("the logout token")));
        }
        let session = session(&claims);
        let ended = match text(&claims, "sub") {
            Some(subject) => end_of_subject(&mut tx, &config.issuer, subject, session).await?,
            None => end_of_session(&mut tx, &config.issuer, session).await?,
        };
        record_ended(&mut tx, &ended, &config.id).await?;
        tx.commit().await?;
        tracing::info!(
            provider = config.id,
            sessions = ended.len(),
            "a provider has ended sessions"
        );
        self.publish_ended(ended);
        Ok(())
    }

    /// The provider with which the caller's session began, where signing out here signs out there.
    pub async fn provider_to_sign_out_at(&self, caller: &Caller) -> Result<Option<String>> {
        let Some(session_id) = caller.session_id else {
            return Ok(None);
        };
        let issuer = sqlx::query_scalar!(
            "select i.issuer from sessions s join identities i on i.id = s.identity_id
            where s.id = $1 and s.user_id = $2",
            session_id.0,
            caller.user_id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let provider = issuer.and_then(|issuer| self.0.providers.of_issuer(&issuer));
        let config = provider.map(|it| &it.config).filter(|it| it.signs_out);
        Ok(config.map(|it| it.id.clone()))
    }

    /// The provider's page that signs out there, and leads back to the page of signing in here.
    ///
    /// # Errors
    /// `NotFound` for another provider, and for one without such a page; `ProviderAway`.
    pub async fn sign_out_address(&self, provider: &str) -> Result<String> {
        const NO_PAGE: Error = Error::NotFound("page of the provider");
        let provider = self.find_provider(provider)?;
        if !provider.config.signs_out {
            return Err(NO_PAGE);
        }
        let metadata = provider.metadata().await;
        let metadata = metadata.map_err(|fault| fault.told(&provider.config.id))?;
        let mut url = metadata.end_session.clone().ok_or(NO_PAGE)?;
        url.query_pairs_mut()
            .append_pair("client_id", &provider.config.client_id)
            .append_pair(
                "post_logout_redirect_uri",
                &self.0.providers.own_address("/sign-in")?,
            );
        Ok(url.into())
    }
}

/// Writes for each user how many of their sessions have ended.
async fn record_ended(tx: &mut PgConnection, ended: &[i64], provider: &str) -> Result<()> {
    let users = sqlx::query!(
        r#"select user_id, count(*) as "sessions!" from sessions where id = any($1) group by user_id"#,
        ended
    )
    .fetch_all(&mut *tx)
    .await?;
    for user in users {
        NewEntry::by_server(AuditAction::SessionEndedByProvider)
            .on(UserId(user.user_id))
            .with("provider", provider)
            .with("sessions", user.sessions)
            .write(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Ends the sessions of somebody, or those of them that began with one of the provider.
async fn end_of_subject(
    tx: &mut PgConnection,
    issuer: &str,
    subject: &str,
    session: Option<&str>,
) -> Result<Vec<i64>> {
    let ended = sqlx::query_scalar!(
        "with named as (
            select id, user_id from identities where issuer = $1 and subject = $2
        ), tickets as (
            delete from sign_in_tickets t using named n
            where t.user_id = n.user_id and t.identity_id = n.id
                and ($3::text is null or t.provider_session = $3)
        )
        update sessions s set revoked_at = now() from named n
        where s.user_id = n.user_id and s.identity_id = n.id and s.revoked_at is null
            and ($3::text is null or s.provider_session = $3)
        returning s.id",
        issuer,
        subject,
        session
    )
    .fetch_all(tx)
    .await?;
    Ok(ended)
}

/// Ends the sessions that began with one of the provider.
async fn end_of_session(
    tx: &mut PgConnection,
    issuer: &str,
    session: Option<&str>,
) -> Result<Vec<i64>> {
    let ended = sqlx::query_scalar!(
        "with tickets as (
            delete from sign_in_tickets t using identities i
            where t.provider_session = $2 and i.id = t.identity_id and i.issuer = $1
        )
        update sessions s set revoked_at = now() from identities i
        where s.provider_session = $2 and s.revoked_at is null
            and i.id = s.identity_id and i.issuer = $1
        returning s.id",
        issuer,
        session
    )
    .fetch_all(tx)
    .await?;
    Ok(ended)
}
