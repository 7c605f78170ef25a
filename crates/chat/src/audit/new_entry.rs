//! An entry of the audit log that is about to be written.

use crate::{Caller, Result, accounts::client::Client, origin::Origin};
use model::{AuditAction, AuditActorKind, ConversationId, SessionId, UserId};
use serde_json::json;
use sqlx::PgExecutor;
use std::{collections::BTreeMap, fmt::Display};

/// Characters of a `User-Agent` that an entry keeps.
const MAX_USER_AGENT: usize = 300;

/// Characters of one detail: names of roles and formats, ids and counts. A longer one is cut.
const MAX_DETAIL: usize = 100;

/// What is to be written. It never has what somebody has written, nor a secret.
#[must_use]
pub(crate) struct NewEntry {
    action: AuditAction,
    actor_kind: AuditActorKind,
    actor_id: Option<UserId>,
    target_id: Option<UserId>,
    conversation_id: Option<ConversationId>,
    session_id: Option<SessionId>,
    origin: Origin,
    user_agent: Option<String>,
    details: BTreeMap<&'static str, String>,
}

impl NewEntry {
    /// What a caller does, or what the server does with their rights, `for` them.
    pub fn by(caller: &Caller, action: AuditAction) -> Self {
        if caller.origin.is_server {
            return Self::by_server(action).with("for", caller.user_id);
        }
        let (actor_kind, actor_id) = if caller.user_id == Caller::OPERATOR.user_id {
            (AuditActorKind::Operator, None)
        } else if caller.is_bot() {
            (AuditActorKind::Bot, Some(caller.user_id))
        } else {
            (AuditActorKind::User, Some(caller.user_id))
        };
        Self {
            actor_id,
            session_id: caller.session_id,
            origin: caller.origin,
            ..Self::of_kind(actor_kind, action)
        }
    }

    /// What somebody does before there is a session: they have just shown who they are.
    pub fn by_client(user_id: UserId, client: &Client, action: AuditAction) -> Self {
        Self {
            actor_id: Some(user_id),
            ..Self::of_kind(AuditActorKind::User, action).of_client(client)
        }
    }

    /// What a stranger tries.
    pub fn by_stranger(client: &Client, action: AuditAction) -> Self {
        Self::of_kind(AuditActorKind::Stranger, action).of_client(client)
    }

    /// What the server does by itself.
    pub fn by_server(action: AuditAction) -> Self {
        Self::of_kind(AuditActorKind::Server, action)
    }

    fn of_kind(actor_kind: AuditActorKind, action: AuditAction) -> Self {
        Self {
            action,
            actor_kind,
            actor_id: None,
            target_id: None,
            conversation_id: None,
            session_id: None,
            origin: Origin::default(),
            user_agent: None,
            details: BTreeMap::new(),
        }
    }

    fn of_client(self, client: &Client) -> Self {
        Self {
            origin: Origin {
                address: client.address,
                door: client.door,
                is_server: false,
            },
            user_agent: client.user_agent.as_deref().map(short_user_agent),
            ..self
        }
    }

    /// The user to whom it is done, unless they do it themself.
    pub fn on(self, user_id: UserId) -> Self {
        Self {
            target_id: Some(user_id).filter(|id| self.actor_id != Some(*id)),
            ..self
        }
    }

    pub fn in_conversation(self, id: ConversationId) -> Self {
        Self {
            conversation_id: Some(id),
            ..self
        }
    }

    pub fn in_session(self, id: SessionId) -> Self {
        Self {
            session_id: Some(id),
            ..self
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Display) -> Self {
        let value = value.to_string().chars().take(MAX_DETAIL).collect();
        self.details.insert(name, value);
        self
    }

    /// Writes it. Within a transaction, nobody sees it before what it tells. Of a person whose account is deleted it has
    /// neither name nor address nor user agent: a request that was running then, and refusals that were counted before, may
    /// come later than the erasure.
    pub async fn write(self, db: impl PgExecutor<'_>) -> Result<()> {
        let address = self.origin.address.map(|it| it.to_canonical().to_string());
        sqlx::query!(
            "insert into audit_entries (action, actor_kind, actor_id, target_id, conversation_id, session_id, door,
                address, user_agent, details, actor_name, target_name)
            select $1::text, $2::text, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::text,
                case when p.is_gone then null else $8::text::inet end,
                case when p.is_gone then null else $9::text end, $10::json,
                (select username from users where id = $3::bigint and deleted_at is null),
                (select username from users where id = $4::bigint and deleted_at is null)
            from (select exists (
                select from users
                where id in ($3::bigint, case when $2::text = 'stranger' then $4::bigint end)
                    and deleted_at is not null
            )) p(is_gone)",
            self.action.name(),
            self.actor_kind.name(),
            self.actor_id.map(|id| id.0),
            self.target_id.map(|id| id.0),
            self.conversation_id.map(|id| id.0),
            self.session_id.map(|id| id.0),
            self.origin.door,
            address,
            self.user_agent,
            json!(self.details)
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

/// What is kept of a `User-Agent`. Postgres stores no text with NUL, which no header has.
pub fn short_user_agent(user_agent: &str) -> String {
    let chars = user_agent.chars().filter(|it| *it != '\0');
    chars.take(MAX_USER_AGENT).collect()
}
