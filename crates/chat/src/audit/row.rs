//! An entry as the database has it.

use super::chain::{Content, Person, hex};
use model::{
    AuditActorKind, AuditEntry, AuditLink, AuditPerson, ConversationId, SessionId, UserId,
};
use time::OffsetDateTime;

/// Personal columns are texts here, as the chain takes them.
pub struct Row {
    pub id: i64,
    pub occurred_at: OffsetDateTime,
    pub action: String,
    pub actor_kind: String,
    pub actor_id: Option<i64>,
    pub target_id: Option<i64>,
    pub conversation_id: Option<i64>,
    pub session_id: Option<i64>,
    pub door: Option<String>,
    pub details: String,
    pub actor_name: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub actor_salt: Option<String>,
    pub target_name: Option<String>,
    pub target_salt: Option<String>,
    pub position: Option<i64>,
    pub actor_commitment: Option<Vec<u8>>,
    pub target_commitment: Option<Vec<u8>>,
    pub hash: Option<Vec<u8>>,
}

impl Row {
    /// What is personal of who did it, which the commitment covers.
    pub fn actor(&self) -> Person<'_> {
        Person {
            salt: self.actor_salt.as_deref(),
            fields: vec![
                self.actor_name.as_deref(),
                self.address.as_deref(),
                self.user_agent.as_deref(),
            ],
        }
    }

    /// The same of the user to whom it was done.
    pub fn target(&self) -> Person<'_> {
        Person {
            salt: self.target_salt.as_deref(),
            fields: vec![self.target_name.as_deref()],
        }
    }

    /// What the hash covers besides the hash before it.
    pub fn content<'a>(
        &'a self,
        position: i64,
        actor_commitment: &'a [u8],
        target_commitment: &'a [u8],
    ) -> Content<'a> {
        Content {
            position,
            row: [
                Some(self.id.to_string().into()),
                Some(
                    (self.occurred_at.unix_timestamp_nanos() / 1000)
                        .to_string()
                        .into(),
                ),
                Some(self.action.as_str().into()),
                Some(self.actor_kind.as_str().into()),
                self.actor_id.map(|id| id.to_string().into()),
                self.target_id.map(|id| id.to_string().into()),
                self.conversation_id.map(|id| id.to_string().into()),
                self.session_id.map(|id| id.to_string().into()),
                self.door.as_deref().map(Into::into),
                Some(self.details.as_str().into()),
            ],
            actor_commitment,
            target_commitment,
        }
    }

    pub fn is_erased(&self) -> bool {
        self.actor_salt.is_none() || self.target_salt.is_none()
    }

    pub fn into_entry(self) -> AuditEntry {
        let erased = self.is_erased();
        let link = |row: &Self| {
            Some(AuditLink {
                position: row.position?,
                hash: hex(row.hash.as_deref()?),
                actor_commitment: hex(row.actor_commitment.as_deref()?),
                actor_salt: row.actor_salt.clone(),
                target_commitment: hex(row.target_commitment.as_deref()?),
                target_salt: row.target_salt.clone(),
            })
        };
        let chain = link(&self);
        let person = |id: Option<i64>, username| {
            id.map(|id| AuditPerson {
                id: UserId(id),
                username,
            })
        };
        AuditEntry {
            id: self.id.to_string(),
            occurred_at: self.occurred_at,
            action: self.action,
            actor_kind: AuditActorKind::from_name(&self.actor_kind)
                .unwrap_or(AuditActorKind::Server),
            actor: person(self.actor_id, self.actor_name),
            target: person(self.target_id, self.target_name),
            conversation_id: self.conversation_id.map(ConversationId),
            session_id: self.session_id.map(SessionId),
            door: self.door,
            address: self.address,
            user_agent: self.user_agent,
            details: serde_json::from_str(&self.details).unwrap_or_default(),
            erased,
            chain,
        }
    }
}
