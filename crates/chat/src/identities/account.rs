//! The account of an identity: found, or made at the first sign-in.

use super::{person::Person, provider::ProviderConfig};
use crate::{
    Chat, Error, Result, accounts::Client, apps::with_random_suffix, audit::NewEntry,
    error::OnConstraint, text::is_reserved,
};
use model::{AuditAction, UserId};

/// Times that a new account is tried, while others take its names.
const MAX_TRIES: usize = 4;

/// An identity, and whose it is.
pub struct Known {
    pub identity_id: i64,
    pub user_id: UserId,
    pub credentials_version: i64,
    pub is_blocked: bool,
    /// Its account was made just now.
    pub is_new: bool,
}

impl Chat {
    /// By issuer and subject, and by nothing else: addresses and names prove nothing.
    pub(super) async fn find_identity(&self, issuer: &str, subject: &str) -> Result<Option<Known>> {
        let found = sqlx::query!(
            r#"select i.id, i.user_id, u.credentials_version, u.blocked_at is not null as "is_blocked!"
            from identities i join users u on u.id = i.user_id
            where i.issuer = $1 and i.subject = $2"#,
            issuer,
            subject
        )
        .fetch_optional(&self.0.db)
        .await?;
        Ok(found.map(|row| Known {
            identity_id: row.id,
            user_id: UserId(row.user_id),
            credentials_version: row.credentials_version,
            is_blocked: row.is_blocked,
            is_new: false,
        }))
    }

    /// The identity of a person, with a new account if they have none.
    pub(super) async fn find_or_register(
        &self,
        person: &Person,
        config: &ProviderConfig,
        client: &Client,
    ) -> Result<Known> {
        if let Some(known) = self.find_identity(&config.issuer, &person.subject).await? {
            return Ok(known);
        }
        person.require_registration(config)?;
        for _ in 0..MAX_TRIES {
            let is_new = self.insert_account(person, &config.issuer, client).await?;
            if let Some(known) = self.find_identity(&config.issuer, &person.subject).await? {
                return Ok(Known { is_new, ..known });
            }
        }
        Err(Error::Overloaded)
    }

    /// Makes the account, unless its identity or one of its names was taken at this moment: then nothing is made. A
    /// username that somebody has gets an addition, an e-mail address that somebody has is left out; the provider has
    /// verified it. Returns whether the account was made.
    async fn insert_account(&self, person: &Person, issuer: &str, client: &Client) -> Result<bool> {
        let wanted = person.shown.username.as_str();
        let other = with_random_suffix(wanted);
        let wanted = if is_reserved(wanted) { &other } else { wanted };
        let mut tx = self.begin().await?;
        let made = sqlx::query_scalar!(
            "with address as (
                select $4::text as email where $4::text is not null
                    and not exists (select from users o where email_key(o.email) = email_key($4))
            ),
            made as (
                insert into users (username, name, email, email_verified_at, avatar_url)
                select (
                    select candidate from (
                        select $1::text as candidate, 0 as rank union all select $2, 1
                    ) c where not exists (select from users o where o.username = candidate)
                    order by rank limit 1
                ), $3, (select email from address), (select now() from address), $5
                where not exists (select from identities where issuer = $6 and subject = $7)
                returning id
            )
            insert into identities (issuer, subject, user_id, name)
            select $6, $7, id, $8 from made returning user_id",
            wanted,
            other,
            person.shown.name,
            person.shown.email,
            person.shown.avatar_url,
            issuer,
            person.subject,
            person.name
        )
        .fetch_optional(&mut *tx)
        .await;
        let nothing = || Error::Overloaded;
        let made = made
            .on_constraint("users_username_key", nothing)
            .on_constraint("users_email_key", nothing)
            .on_constraint("identities_subject_key", nothing);
        match made {
            Ok(Some(id)) => {
                NewEntry::by_client(UserId(id), client, AuditAction::UserRegistered)
                    .with("method", "provider")
                    .write(&mut *tx)
                    .await?;
                tx.commit().await?;
                tracing::info!(
                    user = id,
                    issuer,
                    "somebody has registered by single sign-on"
                );
                Ok(true)
            }
            Ok(None) | Err(Error::Overloaded) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
