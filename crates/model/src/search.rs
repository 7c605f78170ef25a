//! What searches return: messages with the part of the text that matched, and the places to go to by name.

use crate::{ConversationSummary, Message, User};
use serde::{Deserialize, Serialize};

/// The order of the results of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SearchOrder {
    /// The newest first.
    #[default]
    Newest,
    /// Of the newest 1,000, those first that match best: whole words, the words together, in a short and
    /// recent message.
    Best,
}

/// How a message matches the words of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MatchKind {
    /// It contains all of them.
    Exact,
    /// It contains words that are like them, as after a typing error.
    Similar,
}

/// A range of a text, in UTF-16 code units, as strings of JavaScript are indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TextRange {
    pub start: u32,
    /// The index after its last code unit.
    pub end: u32,
}

/// The part of the text around what matched, as it is read: without Markdown, and with `[spoiler]` in place of what
/// one hides. At most 200 characters as people count them; the first match is among the first 41.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Snippet {
    /// With `…` where the text goes on.
    pub text: String,
    /// What matched, in order and without overlaps; empty for a search without words, and where what matched is
    /// hidden or is a sign of Markdown.
    pub matches: Vec<TextRange>,
}

/// A message that a search has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FoundMessage {
    #[serde(flatten)]
    pub message: Message,
    pub snippet: Snippet,
    #[serde(rename = "match")]
    pub match_kind: MatchKind,
}

/// What is wrong with a filter of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SearchProblemCode {
    /// Nothing follows the colon. The filter is left out.
    NoValue,
    /// The operator has a fixed set of values, and this is none. The filter is left out.
    UnknownValue,
    /// The value is no day, month or year. The filter is left out.
    InvalidDate,
    /// A minus before `on:`, which would be two ranges of time. The filter is left out.
    NotNegatable,
    /// Nobody has this name. `from:` finds nothing then, and `-from:` leaves out nothing.
    UnknownUser,
    /// No conversation of the caller has this name. `in:` finds nothing then, and `-in:` leaves out nothing.
    UnknownConversation,
}

/// A filter of a query that does not do what it seems to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SearchProblem {
    /// The filter as it is written in the query.
    pub filter: String,
    pub code: SearchProblemCode,
    /// A sentence for people.
    pub detail: String,
    /// Filters that may be meant, the most likely first.
    pub suggestions: Vec<String>,
}

/// A page of the results of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    /// Exact results first. Where there are fewer than five of them, similar ones follow.
    pub items: Vec<FoundMessage>,
    /// The `cursor` of the next page; null on the last one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<String>,
    /// The number of exact results on all pages, at most 1,000.
    pub total: i64,
    /// Whether there are no more than `total`.
    pub total_is_exact: bool,
    /// The filters of the query that do not do what they seem to say, in the order of the text.
    pub problems: Vec<SearchProblem>,
}

/// A place that `find` leads to, as a tagged object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum FoundPlace {
    /// A conversation of the caller.
    Conversation {
        conversation: Box<ConversationSummary>,
    },
    /// A public channel that the caller has not joined.
    Channel {
        conversation: Box<ConversationSummary>,
    },
    /// Somebody with whom the caller has no direct conversation.
    Person { user: User },
}

/// What `find` has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The best first: names that begin with the query, favorites, and what was used last.
    pub places: Vec<FoundPlace>,
    /// Those that are meant if the query has typing errors, with the fewest errors first; none where enough places
    /// have the query in their names.
    pub meant: Vec<FoundPlace>,
    /// The newest messages with the query; none for a query of fewer than three characters.
    pub messages: Vec<FoundMessage>,
}
