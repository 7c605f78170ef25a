//! The endpoints that find messages of the caller's conversations, and places by name.

use crate::api::prelude::*;
use chat::Search;
use model::{ConversationId, Found, SearchOrder, SearchPage, UserKey};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct SearchQuery {
    /// Words, `"quoted phrases"` and operators, all of which a message matches; 1 to 200 characters.
    #[param(min_length = 1, max_length = 200)]
    q: String,
    conversation_id: Option<ConversationId>,
    /// The sender.
    from: Option<UserKey>,
    /// Sent before this time.
    #[serde(with = "time::serde::rfc3339::option", default)]
    before: Option<OffsetDateTime>,
    /// Sent after this time.
    #[serde(with = "time::serde::rfc3339::option", default)]
    after: Option<OffsetDateTime>,
    /// `newest` when absent.
    #[param(inline)]
    #[serde(default)]
    order: SearchOrder,
    /// The name of the caller's time zone in the IANA database (`Europe/Berlin`), for the days of the operators; UTC
    /// when absent.
    #[param(max_length = 64)]
    time_zone: Option<String>,
}

/// Searches messages, the newest first.
///
/// In all of the caller's conversations, or in one. A message matches that contains all words, whatever the
/// case of the letters, and to which all operators apply: `from:ada`, `from:me`, `in:general`, `in:@ada`,
/// `before:2026-03-05`, `after:2026-03`, `on:2026`, `on:yesterday`, `before:today`, `has:link`, `has:file`,
/// `has:image`, `has:reaction`, `is:unread` (also what is marked so), `is:pinned`, `is:thread` (replies and what they
/// answer), `mentions:me`. Values with spaces are quoted (`in:"Big room"`), several `from:` or `in:` are alternatives,
/// and a `-` before a word, a phrase or an operator leaves out what matches. What is no operator is a word; so is one in
/// quotes. A filter with a value that its operator does not know is left out, and `problems` says which, why, and what
/// may be meant; so it does for a name that nobody, or no conversation of the caller, has. Where few messages match,
/// those follow that contain similar words (`match`: `similar`).
#[utoipa::path(get, path = "/search", tag = "messages", operation_id = "searchMessages",
    params(SearchQuery, PageRequest),
    responses((status = 200, body = SearchPage), NotFound))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<SearchQuery>,
    Query(page): Query<PageRequest>,
) -> Result<Json<SearchPage>> {
    let sender_id = match &query.from {
        Some(key) => Some(chat.find_user_by_key(&caller, key).await?),
        None => None,
    };
    let search = Search {
        query: query.q,
        conversation_id: query.conversation_id,
        sender_id,
        before: query.before,
        after: query.after,
        order: query.order,
        time_zone: query.time_zone,
    };
    Ok(Json(chat.search(&caller, &search, page).await?))
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct FindQuery {
    /// What somebody has typed, at most 100 characters.
    #[param(max_length = 100)]
    q: String,
    /// Of places: 1 to 50; 20 when absent.
    limit: Option<i64>,
}

/// Finds places by name, the best first.
///
/// The caller's conversations, public channels to join and people, by title, name or username, and the newest
/// five messages with the text. Names are found with or without their accents; with accents, what is written with them
/// comes first. Favorites and what was used last come before others. Where fewer than three places are found, `meant` has
/// those that are meant if a text of four characters or more has typing errors. Without `q` it is the caller's
/// conversations.
#[utoipa::path(get, path = "/find", tag = "conversations", operation_id = "findPlaces",
    params(FindQuery),
    responses((status = 200, body = Found)))]
pub async fn find(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<FindQuery>,
) -> Result<Json<Found>> {
    Ok(Json(chat.find(&caller, &query.q, query.limit).await?))
}
