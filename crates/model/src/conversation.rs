//! A conversation: direct (two people), group (private) or channel.

use crate::{ConversationId, MemberRole, MessageId, MessageKind, Sender, User, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ConversationKind {
    Direct,
    Group,
    Channel,
}

/// What a conversation is to everybody who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Absent on direct conversations: they go by the other person's name.
    pub title: Option<String>,
    pub description: Option<String>,
    /// Whether only members can find and read it.
    pub private: bool,
    /// The position of the newest message; 0 when there is none.
    pub position: i64,
    /// The number of the newest change.
    pub seq: i64,
    pub member_count: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A conversation as one caller has it: the line in their sidebar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Head))]
#[serde(rename_all = "camelCase", from = "SummaryFields")]
pub struct ConversationSummary {
    #[serde(flatten)]
    pub conversation: Conversation,
    /// Absent when the caller is not a member but may look (a public channel).
    pub role: Option<MemberRole>,
    /// Of a direct conversation: the other person.
    pub peer: Option<User>,
    pub read_position: i64,
    /// Messages after the read position.
    pub unread: i64,
    /// Those of the unread that mention the caller.
    pub mentions: i64,
    pub last_message: Option<LastMessage>,
}

/// A head as it is read: serde would buffer the flattened part, in code as large as all the rest.
/// Without the caller's part it is a plain conversation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryFields {
    id: ConversationId,
    kind: ConversationKind,
    title: Option<String>,
    description: Option<String>,
    private: bool,
    position: i64,
    seq: i64,
    member_count: i64,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    role: Option<MemberRole>,
    peer: Option<User>,
    #[serde(default)]
    read_position: i64,
    #[serde(default)]
    unread: i64,
    #[serde(default)]
    mentions: i64,
    last_message: Option<LastMessage>,
}

impl From<SummaryFields> for ConversationSummary {
    fn from(fields: SummaryFields) -> Self {
        Self {
            conversation: Conversation {
                id: fields.id,
                kind: fields.kind,
                title: fields.title,
                description: fields.description,
                private: fields.private,
                position: fields.position,
                seq: fields.seq,
                member_count: fields.member_count,
                created_at: fields.created_at,
            },
            role: fields.role,
            peer: fields.peer,
            read_position: fields.read_position,
            unread: fields.unread,
            mentions: fields.mentions,
            last_message: fields.last_message,
        }
    }
}

/// As much of the newest message as a list of conversations shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LastMessage {
    pub id: MessageId,
    pub position: i64,
    pub sender: Sender,
    pub kind: MessageKind,
    /// Empty when the message was deleted.
    pub body: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub deleted_at: Option<OffsetDateTime>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewConversation {
    pub kind: ConversationKind,
    /// Besides the caller, who becomes the owner.
    #[serde(default)]
    pub member_ids: Vec<UserId>,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    /// A group always is, a channel only when said.
    #[serde(default)]
    pub private: bool,
    /// Makes a retry return the first result.
    #[serde(default)]
    pub client_id: Option<String>,
}

/// An absent field stays as it is; the empty string removes a description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationChanges {
    pub title: Option<String>,
    pub description: Option<String>,
    /// Of a channel only.
    pub private: Option<bool>,
}
