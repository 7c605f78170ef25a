//! Messages, and what is sent to create one.

use crate::{
    Attachment, ConversationId, LinkPreview, MessageId, Names, NewPoll, Poll, Reaction, Upload,
    UploadId, UserId, Wildcard,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use time::OffsetDateTime;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    #[default]
    Text,
    Image,
    File,
    Audio,
    Video,
    /// Written by the server. Clients may not send it.
    System,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// The number of the message in its conversation: from 1, without gaps.
    pub position: i64,
    /// The sequence number of the last change of this message, in the sequence of all changes of
    /// the conversation.
    pub seq: i64,
    pub sender: Sender,
    pub kind: MessageKind,
    /// Empty after a deletion.
    pub body: String,
    /// The body as HTML, by its Markdown, links and mentions; absent where it shows as the plain text does. It has
    /// the elements that `docs/markdown.md` lists, and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The first 200 characters of the text in one line, without the signs of Markdown and what a spoiler hides;
    /// absent where the body has none. Of a message with files and no text, what these are, such as `2 photos`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// The links, mentions and emoji of the body, in the order of the text; absent without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// The names of those whom the body mentions, and of the first 10 who reacted with each emoji, so that
    /// a client need not know the members; absent without any.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<UserId, String>))]
    pub names: Names,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub reply_to: Option<Reply>,
    pub attachments: Vec<Attachment>,
    /// What the server has found at the links of the body: at most 3, in the order of the text, some seconds after the
    /// message; absent without any.
    // The page shows the HTML: code that reads is on everybody's first visit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(target_family = "wasm", serde(skip))]
    pub link_previews: Vec<LinkPreview>,
    /// The same as HTML, which `docs/link-previews.md` describes; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_previews_html: Option<String>,
    pub reactions: Vec<Reaction>,
    /// Whether an administrator has sent the message as an official one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub official: bool,
    /// The root of the thread that the message is a reply in; absent on a message that is in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<MessageId>,
    /// The number of the reply in its thread: from 1, without gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_position: Option<i64>,
    /// Whether the reply is in the main line of the conversation as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub also_to_conversation: bool,
    /// Of a root, its thread; of a reply that arrives or changes, the thread that it is in, as it is then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// Who has pinned the message, and when; absent on a message that is not pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Pin>,
    /// Of a message that somebody else's words were forwarded by: who has said them, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<Forwarded>,
    /// Of a poll, which the body asks: the options and the votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub client_id: Option<String>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub edited_at: Option<OffsetDateTime>,
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub deleted_at: Option<OffsetDateTime>,
}

impl Message {
    /// Whether the message is in the main line of its conversation, and so in its counts.
    pub const fn is_in_main_line(&self) -> bool {
        self.thread_id.is_none() || self.also_to_conversation
    }

    /// The text for where only its beginning is shown, as in a list.
    pub fn line(&self) -> &str {
        self.preview.as_ref().unwrap_or(&self.body)
    }

    /// The body for those who know texts only: of a poll, with its options below the question.
    pub fn plain_body(&self) -> Cow<'_, str> {
        match &self.poll {
            None => Cow::Borrowed(&self.body),
            Some(poll) => Cow::Owned(format!("{}{}", self.body, poll.lines())),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference to the field"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A part of a body that clients show otherwise than as plain text. The server decides what is one, and
/// whom a mention means, so that clients need no rules of their own. Entities do not overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Entity {
    #[serde(rename = "type")]
    pub kind: EntityKind,
    /// Where it begins, in UTF-16 code units, as strings of JavaScript are indexed.
    pub start: u32,
    /// Where it ends: the index after its last code unit.
    pub end: u32,
    /// The user whom a mention means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Of a mention of many, in the place of `userId`: whom it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Wildcard>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// An address of the web with its scheme, http or https.
    Link,
    /// A username with the `@` before it, or one of the words for many.
    Mention,
    /// The whole body, which is 1 to 12 emoji; it may be shown large.
    Emoji,
}

/// The sender of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    pub id: UserId,
    pub username: String,
    pub name: String,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub avatar_url: Option<String>,
    /// Whether it is a program; absent for people.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub bot: bool,
}

/// The message that another one replies to, in its present state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub id: MessageId,
    pub position: i64,
    pub sender: Sender,
    pub body: String,
    /// As that of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub deleted_at: Option<OffsetDateTime>,
}

impl Reply {
    /// As `Message::line`.
    pub fn line(&self) -> &str {
        self.preview.as_ref().unwrap_or(&self.body)
    }
}

/// What the root of a thread shows of it, the same for everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The id of the root.
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// The number of the newest reply, those included that were deleted.
    pub position: i64,
    /// The sequence number of the last reply or deletion: of two states of a thread, the one with the
    /// higher number is newer.
    pub seq: i64,
    /// Replies that are not deleted.
    pub reply_count: i64,
    /// Null when all replies were deleted.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_reply_at: Option<OffsetDateTime>,
    /// Who has written the newest replies: at most 5 people, the last one first.
    pub participants: Vec<Sender>,
}

/// The pin of a message, which everybody in its conversation sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    pub by: Sender,
    #[serde(with = "crate::timestamp")]
    pub at: OffsetDateTime,
}

/// Who has said a forwarded message first, and when. It stays as it is, whatever becomes of the original. Where it was
/// said is an `Origin`, for those who may see that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Forwarded {
    pub from: Sender,
    #[serde(with = "crate::timestamp")]
    pub at: OffsetDateTime,
}

/// A message that a user has saved, which only they know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavedMessage {
    /// As it is now: the tombstone, if it was deleted.
    pub message: Message,
    #[serde(with = "crate::timestamp")]
    pub saved_at: OffsetDateTime,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"body": "Hello", "clientId": "0b9f4c1e"})))]
#[serde(rename_all = "camelCase")]
pub struct NewMessage {
    pub body: String,
    #[serde(default)]
    pub kind: MessageKind,
    #[serde(default)]
    pub reply_to_id: Option<MessageId>,
    /// The message in whose thread this is a reply. Without `reply_to_id` it replies to that message.
    #[serde(default)]
    pub thread_id: Option<MessageId>,
    /// Whether a reply in a thread is also in the main line of the conversation.
    #[serde(default)]
    pub also_to_conversation: bool,
    /// Idempotency key of the sender: a retry with the same one returns the first result.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The `seq` of the draft of this place that the message was written as: it is removed with the send,
    /// but for files that the message has not, unless it has changed meanwhile.
    #[serde(default)]
    pub draft_seq: Option<i64>,
    /// Uploads of the sender that are ready and that no scheduled message waits with, at most 10. With one, the body may
    /// be empty.
    #[serde(default)]
    pub attachment_ids: Vec<UploadId>,
    /// Makes the message a poll, whose question is the body: it must not be empty, also where there are files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<NewPoll>,
    /// Not part of the public API.
    #[serde(skip)]
    pub attachments: Vec<NewAttachment>,
}

/// A file that a new message links to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAttachment {
    pub name: String,
    pub url: String,
    /// The upload behind the address, if it is one of the sender's.
    pub upload: Option<Box<Upload>>,
}

impl NewAttachment {
    /// An attachment without a name: the last segment of the URL's path becomes the name.
    pub fn at(url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').find(|part| !part.is_empty());
        Self {
            name: name.unwrap_or("attachment").chars().take(255).collect(),
            url: url.to_owned(),
            upload: None,
        }
    }
}

/// The result of a send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    pub message: Message,
    /// Whether an earlier send with the same `clientId` had already written it.
    pub deduplicated: bool,
}

/// The body of a message before an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    pub body: String,
    /// When this body was replaced.
    #[serde(with = "crate::timestamp")]
    pub edited_at: OffsetDateTime,
}
