//! What an import takes and an export gives: the users, conversations, members and messages of
//! another system, in the words of none. All ids are those of that system.
//!
//! The order in which an import needs them:
//!
//! 1. users, as far as they are known: somebody who is only named becomes a placeholder;
//! 2. conversations;
//! 3. members;
//! 4. messages: those of one conversation in the order of `(created_at, id)`, which becomes the order of
//!    the history. Conversations may alternate. A message that is there already keeps its place;
//! 5. attachments, reactions and read states that are kept apart from the messages.

use crate::ExternalId;
use model::{ConversationKind, MemberRole, MessageKind, UserRole};
use time::OffsetDateTime;

/// Rows of one call of an import's verb. More are refused.
pub const MAX_BATCH: usize = 5_000;

/// A user. What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: ExternalId,
    pub name: Option<String>,
    pub username: Option<String>,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
    /// `Admin` makes an administrator of the server.
    pub role: Option<UserRole>,
    pub created_at: Option<OffsetDateTime>,
    pub last_seen_at: Option<OffsetDateTime>,
    /// `false` for a user who is gone from the app: their tokens are refused, their messages stay.
    pub active: Option<bool>,
}

/// A conversation: by its id, or, in systems whose messages name no conversation, by its two users in
/// any order. The direct conversation of a pair is created where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConversationRef {
    Id(ExternalId),
    Pair(ExternalId, ExternalId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    pub id: ExternalId,
    pub kind: ConversationKind,
    /// The two users of a direct conversation, who are its members without being imported as such. The
    /// same user twice for a conversation with oneself. `None` for other kinds.
    pub pair: Option<(ExternalId, ExternalId)>,
    /// `None` for direct ones. Other kinds without a title are called after their id.
    pub title: Option<String>,
    pub description: Option<String>,
    /// For channels; groups and direct conversations are private.
    pub private: bool,
    /// Where it is unknown: the first of a pair, else the first user of the app's import.
    pub created_by: Option<ExternalId>,
    pub created_at: OffsetDateTime,
}

/// All members of one conversation. For direct conversations it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    pub conversation: ExternalId,
    pub members: Vec<Member>,
    /// Whether users of the app who are not in the list have left. An import that is repeated before the
    /// switch sets it, so that nobody keeps the access that they have lost meanwhile.
    pub complete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: ExternalId,
    pub role: MemberRole,
    /// Where it is unknown: the creation of the conversation.
    pub joined_at: Option<OffsetDateTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: ExternalId,
    pub conversation: ConversationRef,
    pub sender: ExternalId,
    /// Whom it is for, in systems whose messages name both people. A message that names somebody who is not
    /// of its direct conversation is left.
    pub receiver: Option<ExternalId>,
    pub kind: MessageKind,
    /// At most 10,000 characters. Of a deleted message it is not kept. An empty one is taken only with
    /// an attachment, whose name stands in for it.
    pub body: String,
    pub attachments: Vec<Attachment>,
    /// An earlier message of the same conversation. A message whose reply is not found is taken without.
    pub reply_to: Option<ExternalId>,
    pub created_at: OffsetDateTime,
    pub edited_at: Option<OffsetDateTime>,
    pub deleted_at: Option<OffsetDateTime>,
    /// Who has read it, without its sender. Reading a message implies reading all before it.
    pub read_by: Vec<ReadBy>,
    /// Sent by an administrator in that capacity.
    pub official: bool,
}

/// A file that a message links to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// `None`: the last segment of the URL's path.
    pub name: Option<String>,
    /// At most 2,000 characters.
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBy {
    pub user: ExternalId,
    /// `None` where only the fact is known.
    pub at: Option<OffsetDateTime>,
}

/// An attachment that is kept apart from its message. The order of rows is the order of attachments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttachment {
    pub message: ExternalId,
    pub attachment: Attachment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    pub message: ExternalId,
    pub user: ExternalId,
    /// At most 32 characters.
    pub emoji: String,
    pub created_at: Option<OffsetDateTime>,
}

/// How far a member has read. It never moves back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadState {
    pub user: ExternalId,
    pub up_to: ReadUpTo,
    /// When that was; `None` if it is unknown.
    pub at: Option<OffsetDateTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadUpTo {
    /// This message and all before it.
    Message(ExternalId),
    /// All messages that were created until then.
    Time(ConversationRef, OffsetDateTime),
    /// All that the conversation has at the time of the call: for systems that keep no read state, in
    /// which otherwise the whole history would be unread.
    Everything(ConversationRef),
}
