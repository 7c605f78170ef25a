//! The caller of a token for programs, and the conversations that it is limited to.

use super::{new_token::TokenKind, parse_scopes};
use crate::{
    Caller, Chat, Error, Result,
    accounts::{
        auth_error::INVALID_TOKEN,
        authenticate::{Authentication, check_not_revoked},
        pending_caller::PendingCaller,
        role::parse_user_role,
        secrets::hash_secret,
    },
    grant::Grant,
};
use model::{ConversationId, MessageId, Scope, SessionId, UserId, UserRole};
use time::{Duration, OffsetDateTime};

/// `last_used_at` of a token is behind by this time at most, so that not every request writes.
const LAST_USED_RESOLUTION: Duration = Duration::MINUTE;

/// Characters of the longest token.
const MAX_LENGTH: usize = 64;

/// Whether a text is one of these tokens, good or not. No token of another kind begins so.
pub fn is_api_token(token: &str) -> bool {
    let mut kinds = TokenKind::ALL.into_iter();
    kinds.any(|kind| token.starts_with(kind.prefix()))
}

impl Chat {
    /// The caller of a token for programs. Where its user is an administrator, the caller is one with the scope `admin`
    /// only.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown, deleted or expired one; `Forbidden` for that of a blocked user;
    /// `TwoFactorSetupRequired` for that of somebody who owes a second factor.
    pub async fn authenticate_api_token(&self, token: &str) -> Result<Authentication> {
        if token.len() > MAX_LENGTH {
            return Err(INVALID_TOKEN);
        }
        let row = sqlx::query!(
            r#"select s.id, s.user_id, s.created_at, s.last_used_at, s.expires_at, s.revoked_at,
                t.scopes, t.is_limited, u.role, u.is_bot, u.blocked_at,
                owes_two_factor(u, $2) as "owes!"
            from api_tokens t
            join sessions s on s.id = t.session_id
            join users u on u.id = s.user_id
            where t.token_hash = $1 and s.expires_at > now()"#,
            &hash_secret(token)[..],
            self.two_factor_demand()
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(INVALID_TOKEN)?;
        check_not_revoked(row.revoked_at, row.blocked_at)?;
        let is_new = row.last_used_at <= row.created_at;
        if is_new || OffsetDateTime::now_utc() - row.last_used_at > LAST_USED_RESOLUTION {
            self.note_token_use(row.id).await?;
        }
        let mut grant = Grant::new(&parse_scopes(&row.scopes), row.is_limited);
        grant.is_bot = row.is_bot;
        let role = if grant.has(Scope::Admin) {
            parse_user_role(&row.role)
        } else {
            UserRole::Member
        };
        let caller = Caller {
            user_id: UserId(row.user_id),
            session_id: Some(SessionId(row.id)),
            role,
            app_id: None,
            grant: Some(grant),
            origin: crate::Origin::default(),
        };
        Ok(Authentication {
            caller: PendingCaller::new(caller, row.owes).ready()?,
            subject: String::new(),
            // The whole second after it: a socket that ends finds its token refused.
            expires_at: Some(row.expires_at.unix_timestamp() + 1),
            is_role_fixed: !grant.has(Scope::Admin),
        })
    }

    /// Of several requests at once, one writes.
    async fn note_token_use(&self, id: i64) -> Result<()> {
        sqlx::query!(
            "update sessions set last_used_at = clock_timestamp()
            where id = $1
                and (last_used_at <= created_at or last_used_at < now() - make_interval(secs => $2))",
            id,
            LAST_USED_RESOLUTION.as_seconds_f64()
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }

    /// Refuses a token that is limited to other conversations.
    pub async fn require_granted_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<()> {
        if !is_limited(caller) {
            return Ok(());
        }
        let is_granted = sqlx::query_scalar!(
            r#"select exists (
                select from api_token_conversations where session_id = $1 and conversation_id = $2
            ) as "is_granted!""#,
            caller.session_id.map(|id| id.0),
            id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        is_granted.then_some(()).ok_or(OTHER_CONVERSATION)
    }

    /// Refuses a token that is limited to conversations of which none has the message, as for a message that there is
    /// not.
    pub async fn require_granted_message(&self, caller: &Caller, id: MessageId) -> Result<()> {
        if !is_limited(caller) {
            return Ok(());
        }
        let is_granted = sqlx::query_scalar!(
            r#"select exists (
                select from api_token_conversations t join messages m using (conversation_id)
                where t.session_id = $1 and m.id = $2
            ) as "is_granted!""#,
            caller.session_id.map(|id| id.0),
            id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        is_granted.then_some(()).ok_or(OTHER_CONVERSATION)
    }
}

fn is_limited(caller: &Caller) -> bool {
    caller.grant.is_some_and(|grant| grant.is_limited)
}

const OTHER_CONVERSATION: Error = Error::Forbidden("This token is limited to other conversations.");
