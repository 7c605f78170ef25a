//! The identities of an account: listed, linked and unlinked by its user.

use super::{
    attempt::{ATTEMPT_LIFETIME, Attempt, LinkOf},
    fault::BEGIN_AGAIN,
    person::Person,
    provider::ProviderConfig,
};
use crate::{
    Caller, Chat, Error, Result,
    accounts::{Client, security_note::SecurityChange},
    audit::NewEntry,
};
use model::{AuditAction, Identity, IdentityId, IdentityProof};
use sqlx::PgExecutor;

/// Identities of a user.
const MAX_IDENTITIES: i64 = 20;

impl Chat {
    /// The caller's identities, in the order in which they were linked.
    pub async fn identities(&self, caller: &Caller) -> Result<Vec<Identity>> {
        let rows = sqlx::query!(
            "select id, issuer, name, created_at, used_at from identities
            where user_id = $1 order by id",
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let identities = rows.into_iter().map(|row| Identity {
            id: IdentityId(row.id),
            provider: self.0.providers.label(row.issuer),
            name: row.name,
            created_at: row.created_at,
            used_at: row.used_at,
        });
        Ok(identities.collect())
    }

    /// Begins to link an identity of a provider to the caller's account, with a fresh proof. Returns what the browser
    /// keeps in a cookie, with which it goes on to the provider (`continue_at_provider`).
    ///
    /// # Errors
    /// `NotFound` for another provider; `Conflict` for a caller without a session, and for one identity too many; those
    /// of `prove_person`.
    pub async fn begin_identity_link(
        &self,
        caller: &Caller,
        provider: &str,
        proof: IdentityProof,
        client: &Client,
    ) -> Result<String> {
        let provider = self.find_provider(provider)?;
        let link = LinkOf::caller(caller);
        let link = link.ok_or(Error::Conflict("Identities are linked in a browser."))?;
        let proven = self.prove_person(caller, proof.into(), client).await?;
        proven.commit().await?;
        let attempt = Attempt::new(provider, "", Some(link));
        self.seal(attempt, ATTEMPT_LIFETIME)
    }

    /// Links the identity, where the caller is who has begun it, in the same session.
    ///
    /// # Errors
    /// `Unauthenticated` for another caller; `Conflict` for an identity of somebody else.
    pub(super) async fn finish_link(
        &self,
        link: LinkOf,
        caller: Option<&Caller>,
        person: &Person,
        config: &ProviderConfig,
    ) -> Result<()> {
        let caller = caller.filter(|it| LinkOf::caller(it) == Some(link));
        let caller = caller.ok_or(BEGIN_AGAIN)?;
        let mut tx = self.begin().await?;
        let linked = sqlx::query!(
            "insert into identities (issuer, subject, user_id, name)
            select $1, $2, $3, $4
            where (select count(*) from identities where user_id = $3) < $5
            on conflict on constraint identities_subject_key do nothing",
            config.issuer,
            person.subject,
            link.user_id.0,
            person.name,
            MAX_IDENTITIES
        )
        .execute(&mut *tx)
        .await?;
        if linked.rows_affected() > 0 {
            self.queue_security_note(&mut tx, link.user_id, SecurityChange::IdentityLinked)
                .await?;
            let provider = config.id.as_str();
            let entry = NewEntry::by(caller, AuditAction::IdentityLinked);
            entry.with("provider", provider).write(&mut *tx).await?;
            tx.commit().await?;
            self.0.emails.wake();
            tracing::info!(user = %link.user_id, provider, "an identity was linked");
            return Ok(());
        }
        tx.rollback().await?;
        match self.find_identity(&config.issuer, &person.subject).await? {
            Some(known) if known.user_id == link.user_id => Ok(()),
            Some(_) => Err(Error::Conflict(
                "Somebody else here signs in with that account. Nothing was linked.",
            )),
            None => Err(Error::Conflict("Nobody links more accounts than 20.")),
        }
    }

    /// Unlinks an identity, with a fresh proof. What its groups have given is taken, and the sessions end that began with
    /// it, but for the caller's.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for the last way by which the caller signs in, and where the last administrator would
    /// lose the role; those of `prove_person`.
    pub async fn unlink_identity(
        &self,
        caller: &Caller,
        id: IdentityId,
        proof: IdentityProof,
        client: &Client,
    ) -> Result<()> {
        let is_theirs = sqlx::query_scalar!(
            r#"select exists (select from identities where id = $1 and user_id = $2) as "is_theirs!""#,
            id.0,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        if !is_theirs {
            return Err(Error::NotFound("identity"));
        }
        let proven = self.prove_person(caller, proof.into(), client).await?;
        proven.commit().await?;
        if !self.has_other_way(&self.0.db, caller, id).await? {
            return Err(NO_OTHER_WAY);
        }
        self.take_all_given(id.0, caller.user_id).await?;
        let mut tx = self.begin().await?;
        // Of two who unlink the last two at once, the second waits here, and finds that one is left.
        sqlx::query!(
            "select from users where id = $1 for update",
            caller.user_id.0
        )
        .execute(&mut *tx)
        .await?;
        if !self.has_other_way(&mut *tx, caller, id).await? {
            return Err(NO_OTHER_WAY);
        }
        sqlx::query!(
            "delete from identities where id = $1 and user_id = $2",
            id.0,
            caller.user_id.0
        )
        .execute(&mut *tx)
        .await?;
        let ended = sqlx::query_scalar!(
            "with tickets as (
                delete from sign_in_tickets where user_id = $3 and identity_id = $1
            )
            update sessions set revoked_at = now()
            where user_id = $3 and identity_id = $1 and id is distinct from $2
                and revoked_at is null
            returning id",
            id.0,
            caller.session_id.map(|id| id.0),
            caller.user_id.0
        )
        .fetch_all(&mut *tx)
        .await?;
        let entry = NewEntry::by(caller, AuditAction::IdentityUnlinked);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        tracing::info!(user = %caller.user_id, "an identity was unlinked");
        self.publish_ended(ended);
        Ok(())
    }

    /// Whether the caller can sign in without this identity.
    async fn has_other_way(
        &self,
        db: impl PgExecutor<'_>,
        caller: &Caller,
        id: IdentityId,
    ) -> Result<bool> {
        let has_one = sqlx::query_scalar!(
            r#"select (
                exists (select from identities o where o.user_id = $2 and o.id <> $1 and o.issuer = any($4))
                or $3 and exists (select from users u where u.id = $2 and u.password_hash is not null)
                or exists (select from app_users a where a.user_id = $2 and a.ended_at is null)
            ) as "has_one!""#,
            id.0,
            caller.user_id.0,
            self.takes_passwords(),
            &self.issuers()
        )
        .fetch_one(db)
        .await?;
        Ok(has_one)
    }

    /// The issuers of the providers that are configured: an identity of another one is no way in.
    pub(crate) fn issuers(&self) -> Vec<String> {
        let providers = self.0.providers.iter();
        providers.map(|it| it.config.issuer.clone()).collect()
    }
}

const NO_OTHER_WAY: Error = Error::Conflict(
    "This is your only way to sign in. Link another account first, or ask an administrator for a password.",
);
