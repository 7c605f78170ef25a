//! What a search answers, as far as the page shows it. The types of `model` flatten a whole message into
//! each result, which takes serde four times as much code to read.

use model::{
    Attachment, ConversationId, ConversationSummary, MatchKind, MessageId, Sender, Snippet, User,
};
use serde::Deserialize;
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundMessage {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub sender: Sender,
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    #[serde(with = "model::timestamp")]
    pub created_at: OffsetDateTime,
    pub snippet: Snippet,
    #[serde(rename = "match")]
    pub match_kind: MatchKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    pub items: Vec<FoundMessage>,
    pub next_cursor: Option<String>,
    pub total: i64,
    pub total_is_exact: bool,
    pub problems: Vec<FoundProblem>,
}

/// A filter of a search that does not do what it seems to say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundProblem {
    pub filter: String,
    pub detail: String,
    pub suggestions: Vec<String>,
}

/// A conversation, one to join if the user has no role in it, or a person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundPlace {
    #[serde(default)]
    pub conversation: Option<ConversationSummary>,
    #[serde(default)]
    pub user: Option<User>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Found {
    pub places: Vec<FoundPlace>,
    #[serde(default)]
    pub meant: Vec<FoundPlace>,
    pub messages: Vec<FoundMessage>,
}

/// A user, with the e-mail address of one who shares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub user: User,
    pub email: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SharedEmail {
    #[serde(default)]
    pub email: Option<String>,
}
