//! Entries of the audit log: who did what, to whom, and from where.

use crate::{AuditAction, ConversationId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AuditActorKind {
    User,
    Bot,
    /// Who runs the program with access to the database.
    Operator,
    /// The server by itself, as a setting or a provider has told it.
    Server,
    /// Nobody who was signed in.
    Stranger,
}

impl AuditActorKind {
    pub const ALL: [Self; 5] = [
        Self::User,
        Self::Bot,
        Self::Operator,
        Self::Server,
        Self::Stranger,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Bot => "bot",
            Self::Operator => "operator",
            Self::Server => "server",
            Self::Stranger => "stranger",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A user of an entry, by the name that they had then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditPerson {
    pub id: UserId,
    /// `null` once what is personal was erased.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub username: Option<String>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// A number, as a text.
    pub id: String,
    #[serde(with = "crate::timestamp")]
    pub occurred_at: OffsetDateTime,
    /// The name of an action, such as `user.blocked`. Later versions have more of them.
    pub action: String,
    pub actor_kind: AuditActorKind,
    /// `null` unless a user or a bot did it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub actor: Option<AuditPerson>,
    /// The user to whom it was done; `null` for nobody.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub target: Option<AuditPerson>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub conversation_id: Option<ConversationId>,
    /// The session, or the token for programs, in which it was done.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub session_id: Option<SessionId>,
    /// `api`, or the contract; `null` for the page and for commands.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub door: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub address: Option<String>,
    /// Of the client of a sign-in.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub user_agent: Option<String>,
    /// What else is known, by action: ids, roles and counts.
    pub details: BTreeMap<String, String>,
    /// Whether something personal was erased from it.
    pub erased: bool,
    /// `null` until the entry is chained, some seconds after it was written; and for callers who are no administrators.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub chain: Option<AuditLink>,
}

impl AuditEntry {
    /// The action, unless it is one of a later version.
    pub fn known_action(&self) -> Option<AuditAction> {
        AuditAction::from_name(&self.action)
    }

    /// A sentence for people: `ada signed in`.
    pub fn in_words(&self) -> String {
        let Some(action) = self.known_action() else {
            return self.action.clone();
        };
        let mut sentence = action.sentence().to_owned();
        let actor = match (self.actor_kind, &self.actor) {
            (_, Some(person)) => person.in_words(),
            (AuditActorKind::Operator, None) => "The operator".to_owned(),
            (AuditActorKind::Stranger, None) => "Somebody".to_owned(),
            (_, None) => "The server".to_owned(),
        };
        let members = self.details.get("members");
        let target = match (&self.target, members) {
            (Some(person), _) => person.in_words(),
            (None, Some(members)) => format!("{members} people"),
            (None, None) if self.action == AuditAction::SessionRefused.name() => {
                "unknown accounts".to_owned()
            }
            (None, None) => actor.clone(),
        };
        let conversation = match self.conversation_id {
            Some(id) => format!("conversation {id}"),
            None => "a conversation".to_owned(),
        };
        // Whoever has chosen a name such as `{role}` gets it as it is: names come last.
        for (name, value) in &self.details {
            sentence = sentence.replace(&format!("{{{name}}}"), value);
        }
        sentence
            .replacen("{conversation}", &conversation, 1)
            .replacen("{target}", &target, 1)
            .replacen("{actor}", &actor, 1)
    }
}

impl AuditPerson {
    fn in_words(&self) -> String {
        match &self.username {
            Some(name) => name.clone(),
            None => format!("user {}", self.id),
        }
    }
}

/// The place of an entry in the chain, with what its hash is made of besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditLink {
    /// 1, 2, 3, ... without a hole.
    pub position: i64,
    /// SHA-256 in hexadecimal.
    pub hash: String,
    pub actor_commitment: String,
    /// `null` once what is personal was erased.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub actor_salt: Option<String>,
    pub target_commitment: String,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub target_salt: Option<String>,
}

/// Which entries are asked for. All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditFilter {
    pub actor_id: Option<UserId>,
    pub target_id: Option<UserId>,
    pub conversation_id: Option<ConversationId>,
    /// The name of an action, or the beginning of names up to a dot: `user`.
    pub action: Option<String>,
    /// An address, or a network as `10.0.0.0/8`.
    pub network: Option<String>,
    #[serde(with = "crate::timestamp::option")]
    pub since: Option<OffsetDateTime>,
    #[serde(with = "crate::timestamp::option")]
    pub until: Option<OffsetDateTime>,
}
