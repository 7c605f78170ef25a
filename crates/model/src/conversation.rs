//! Conversations: direct (between two users), group (private), channel, or the announcements.

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
    /// The one conversation of the announcements, `ConversationId::ANNOUNCEMENTS`.
    Announcements,
}

impl ConversationKind {
    /// A group or a channel: people join it and leave it.
    pub const fn is_group(self) -> bool {
        matches!(self, Self::Group | Self::Channel)
    }
}

/// A conversation, the same for everybody who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Absent on direct conversations, which are shown under the name of the other user.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub title: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub description: Option<String>,
    /// Whether only members can find and read the conversation.
    pub private: bool,
    /// The position of the newest message; 0 without messages.
    pub position: i64,
    /// The sequence number of the newest change.
    pub seq: i64,
    /// 0 for the announcements, to which everybody belongs.
    pub member_count: i64,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    /// The address of its picture on this server, absent without one. Each picture has another address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = "/pictures/gXc5oWbCz3mT8fG1nQ0aZw/256.webp")
    )]
    pub picture_url: Option<String>,
}

/// A conversation with the caller's part of it, as the list of conversations shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Head))]
#[serde(rename_all = "camelCase", from = "SummaryFields")]
pub struct ConversationSummary {
    #[serde(flatten)]
    pub conversation: Conversation,
    /// Absent when the caller is not a member, which is possible for public channels only.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub role: Option<MemberRole>,
    /// The other user of a direct conversation.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub peer: Option<User>,
    /// The position after which messages count as unread: below what others see, where the caller has marked
    /// messages as unread.
    pub read_position: i64,
    /// The number of messages after the read position, without those that are in threads only.
    pub unread: i64,
    /// The number of messages after the read position that are in threads only, whether or not the caller
    /// follows these. A client that knows no threads adds it to `unread`.
    #[serde(default)]
    pub unread_in_threads: i64,
    /// The number of unread messages that mention the caller, without those that are in threads only.
    pub mentions: i64,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_message: Option<LastMessage>,
}

impl ConversationSummary {
    /// The number of all messages after the read position, those in threads included: for clients that know
    /// no threads.
    pub fn unread_of_all(&self) -> i64 {
        self.unread + self.unread_in_threads
    }

    /// Whether the caller writes there: as a member, in the announcements as an administrator.
    pub fn may_write(&self) -> bool {
        match self.conversation.kind {
            ConversationKind::Announcements => self.role >= Some(MemberRole::Admin),
            _ => self.role.is_some(),
        }
    }
}

/// The fields of a summary, for deserialising. Deserialising the flattened field directly makes
/// serde buffer it, which about doubles the size of the deserialising code. Without the caller's part
/// it deserialises a plain `Conversation`.
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
    #[serde(with = "crate::timestamp")]
    created_at: OffsetDateTime,
    #[serde(default)]
    picture_url: Option<String>,
    role: Option<MemberRole>,
    peer: Option<User>,
    #[serde(default)]
    read_position: i64,
    #[serde(default)]
    unread: i64,
    #[serde(default)]
    unread_in_threads: i64,
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
                picture_url: fields.picture_url,
            },
            role: fields.role,
            peer: fields.peer,
            read_position: fields.read_position,
            unread: fields.unread,
            unread_in_threads: fields.unread_in_threads,
            mentions: fields.mentions,
            last_message: fields.last_message,
        }
    }
}

/// The part of the newest message that a list of conversations shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LastMessage {
    pub id: MessageId,
    pub position: i64,
    pub sender: Sender,
    pub kind: MessageKind,
    /// Empty if the message was deleted.
    pub body: String,
    /// As that of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub deleted_at: Option<OffsetDateTime>,
}

impl LastMessage {
    /// As `Message::line`.
    pub fn line(&self) -> &str {
        self.preview.as_ref().unwrap_or(&self.body)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"kind": "group", "title": "Engines", "memberIds": ["2", "3"]})))]
#[serde(rename_all = "camelCase")]
pub struct NewConversation {
    /// Direct, group or channel.
    pub kind: ConversationKind,
    /// The members besides the caller, who becomes the owner.
    #[serde(default)]
    pub member_ids: Vec<UserId>,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    /// For channels; groups are always private.
    #[serde(default)]
    pub private: bool,
    /// Idempotency key: a retry with the same one returns the first result.
    #[serde(default)]
    pub client_id: Option<String>,
}

/// Changes to a conversation. An absent field stays as it is; an empty string removes the
/// description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"title": "Analytical engines"})))]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationChanges {
    pub title: Option<String>,
    pub description: Option<String>,
    /// For channels only.
    pub private: Option<bool>,
}

/// Members of a direct conversation or a group up to which each of them may mention all; in a larger one only those who
/// administer it may.
pub const MAX_MEMBERS_WHO_MENTION_ALL: i64 = 50;

/// Whether a member may mention many in a conversation of so many members. The SQL function `granted_wildcards`
/// (`migrations/0089_mentions.sql`) has the rule for what is sent; this one tells the page before.
#[must_use]
pub fn may_mention_all(kind: ConversationKind, role: MemberRole, member_count: i64) -> bool {
    let is_small = member_count <= MAX_MEMBERS_WHO_MENTION_ALL;
    let is_closed = matches!(kind, ConversationKind::Direct | ConversationKind::Group);
    role >= MemberRole::Admin || is_closed && is_small
}

#[cfg(test)]
mod tests {
    use super::{ConversationKind, may_mention_all};
    use crate::MemberRole;

    #[test]
    fn many_are_mentioned_in_small_groups_and_by_those_who_administer() {
        let (group, channel) = (ConversationKind::Group, ConversationKind::Channel);
        assert!(may_mention_all(group, MemberRole::Member, 50));
        assert!(!may_mention_all(group, MemberRole::Member, 51));
        assert!(may_mention_all(group, MemberRole::Admin, 51));
        assert!(!may_mention_all(channel, MemberRole::Member, 2));
        assert!(may_mention_all(channel, MemberRole::Owner, 10_000));
        assert!(may_mention_all(
            ConversationKind::Direct,
            MemberRole::Member,
            2
        ));
    }
}
