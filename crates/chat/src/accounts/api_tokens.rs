//! Tokens for programs: made, listed and deleted. Each is a session (`sessions.is_token`), so that what ends a session
//! ends a token, too.

mod authenticate;
mod bot_tokens;
mod new_token;

use super::{client::Client, security_note::SecurityChange, sessions::revoke};
use crate::{Caller, Chat, Delivery, Error, Result, audit::NewEntry, page};
use model::{
    ApiToken, AuditAction, ConversationId, CreatedApiToken, NewPersonalToken, Page, PageRequest,
    Scope, SessionId, TwoFactorProof, UserId,
};
use new_token::{TokenKind, ValidToken};
use sqlx::{Postgres, Transaction};

pub use authenticate::is_api_token;

/// Tokens of a user that have not expired.
const MAX_TOKENS: i64 = 100;

impl Chat {
    /// Makes a personal access token of the caller's.
    ///
    /// # Errors
    /// Those of `prove_person`; `Invalid` for a wrong code, where the caller has a second factor; `NotFound` for a
    /// conversation that the caller has not joined; `Conflict` with too many tokens.
    pub async fn create_api_token(
        &self,
        caller: &Caller,
        new: NewPersonalToken,
        client: &Client,
    ) -> Result<CreatedApiToken> {
        caller.require_person()?;
        let token = ValidToken::read(new.token)?;
        for id in token.conversation_ids.iter().flatten() {
            self.require_member(caller, ConversationId(*id)).await?;
        }
        let proof = TwoFactorProof {
            current_password: new.current_password,
            code: new.code.unwrap_or_default(),
        };
        let version = self.credentials_version(caller.user_id).await?;
        let tx = self.prove_person(caller, proof, client).await?;
        let created = self.insert_api_token(
            tx,
            caller,
            caller.user_id,
            version,
            TokenKind::Personal,
            token,
        );
        let created = created.await?;
        tracing::info!(user = %caller.user_id, token = %created.details.id, "a token for programs was made");
        Ok(created)
    }

    /// A page of the caller's tokens that are good, the newest first.
    pub async fn api_tokens(&self, caller: &Caller, page: &PageRequest) -> Result<Page<ApiToken>> {
        caller.require_person()?;
        self.api_tokens_of(caller.user_id, page).await
    }

    /// Deletes a token of the caller's: it is refused from now on, and its sockets are disconnected on all nodes.
    pub async fn delete_api_token(&self, caller: &Caller, id: SessionId) -> Result<()> {
        caller.require_person()?;
        self.delete_api_token_of(caller, caller.user_id, id).await?;
        tracing::info!(user = %caller.user_id, token = %id, "a token for programs was deleted");
        Ok(())
    }

    async fn delete_api_token_of(
        &self,
        caller: &Caller,
        user_id: UserId,
        id: SessionId,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        if !revoke(&mut *tx, user_id, id, true).await? {
            return Err(Error::NotFound("token"));
        }
        NewEntry::by(caller, AuditAction::TokenDeleted)
            .on(user_id)
            .with("token", id)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        self.0.bus.publish(Delivery::DisconnectSession(id));
        Ok(())
    }

    async fn api_tokens_of(&self, user_id: UserId, page: &PageRequest) -> Result<Page<ApiToken>> {
        let limit = page::limit(page.limit)?;
        let before = page::numbers(page.cursor.as_deref())?.map_or(i64::MAX, |[id]| id);
        let rows = sqlx::query!(
            r#"select t.session_id, t.name, t.scopes, t.is_limited, s.created_at, s.expires_at,
                case when s.last_used_at > s.created_at then s.last_used_at end as last_used_at,
                array(
                    select c.conversation_id from api_token_conversations c
                    where c.session_id = t.session_id order by c.conversation_id
                ) as "conversation_ids!: Vec<i64>"
            from api_tokens t join sessions s on s.id = t.session_id
            where t.user_id = $1 and s.revoked_at is null and s.expires_at > now() and t.session_id < $2
            order by t.session_id desc limit $3"#,
            user_id.0,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let tokens = rows.into_iter().map(|row| {
            let ids = row.conversation_ids.into_iter().map(ConversationId);
            ApiToken {
                id: SessionId(row.session_id),
                name: row.name,
                scopes: parse_scopes(&row.scopes),
                conversation_ids: row.is_limited.then(|| ids.collect()),
                created_at: row.created_at,
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
            }
        });
        let cursor = |token: &ApiToken| token.id.to_string();
        Ok(page::cut(tokens.collect(), limit, cursor))
    }

    async fn credentials_version(&self, id: UserId) -> Result<i64> {
        let version =
            sqlx::query_scalar!("select credentials_version from users where id = $1", id.0)
                .fetch_optional(&self.0.db)
                .await?;
        version.ok_or(Error::NotFound("user"))
    }

    /// Writes the token, unless the user's password was changed or they were blocked since `version` was read.
    async fn insert_api_token(
        &self,
        mut tx: Transaction<'static, Postgres>,
        caller: &Caller,
        user_id: UserId,
        version: i64,
        kind: TokenKind,
        new: ValidToken,
    ) -> Result<CreatedApiToken> {
        // Two at once count each other.
        let owner = sqlx::query_scalar!(
            "select id from users
            where id = $1 and credentials_version = $2 and blocked_at is null for no key update",
            user_id.0,
            version
        )
        .fetch_optional(&mut *tx)
        .await?;
        if owner.is_none() {
            return Err(Error::Conflict("The account was changed meanwhile."));
        }
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from api_tokens t join sessions s on s.id = t.session_id
            where t.user_id = $1 and s.revoked_at is null and s.expires_at > now()"#,
            user_id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        if count >= MAX_TOKENS {
            return Err(Error::Conflict(
                "There are 100 tokens already. Delete one first.",
            ));
        }
        let (secret, hash) = kind.new_secret();
        let session = sqlx::query!(
            "insert into sessions (user_id, is_token, expires_at)
            values ($1, true, now() + make_interval(days => $2))
            returning id, created_at, expires_at",
            user_id.0,
            new.days
        )
        .fetch_one(&mut *tx)
        .await?;
        let scopes: Vec<_> = new.scopes.iter().map(|it| it.name().to_owned()).collect();
        sqlx::query!(
            "insert into api_tokens (session_id, user_id, name, token_hash, scopes, is_limited)
            values ($1, $2, $3, $4, $5, $6)",
            session.id,
            user_id.0,
            new.name,
            &hash[..],
            &scopes,
            new.conversation_ids.is_some()
        )
        .execute(&mut *tx)
        .await?;
        if let Some(ids) = &new.conversation_ids {
            sqlx::query!(
                "insert into api_token_conversations (session_id, conversation_id)
                select $1, id from unnest($2::bigint[]) id",
                session.id,
                ids
            )
            .execute(&mut *tx)
            .await?;
        }
        if kind == TokenKind::Personal {
            self.queue_security_note(&mut tx, user_id, SecurityChange::TokenMade)
                .await?;
        }
        NewEntry::by(caller, AuditAction::TokenCreated)
            .on(user_id)
            .with("token", session.id)
            .with("scopes", scopes.join(" "))
            .with("days", new.days)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        self.0.emails.wake();
        let ids = new.conversation_ids;
        Ok(CreatedApiToken {
            token: secret,
            details: ApiToken {
                id: SessionId(session.id),
                name: new.name,
                scopes: new.scopes,
                conversation_ids: ids.map(|ids| ids.into_iter().map(ConversationId).collect()),
                created_at: session.created_at,
                expires_at: session.expires_at,
                last_used_at: None,
            },
        })
    }
}

/// A name that only a later version knows gives no right here.
fn parse_scopes(names: &[String]) -> Vec<Scope> {
    names.iter().filter_map(|it| Scope::from_name(it)).collect()
}
