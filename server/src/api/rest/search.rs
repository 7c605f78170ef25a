//! The endpoint that searches the messages of the caller's conversations.

use crate::api::prelude::*;
use chat::Search;
use model::{ConversationId, Message, UserKey};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct SearchQuery {
    /// Part of the message.
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
}

/// Searches messages, the newest first.
///
/// In all of the caller's conversations, or in one. The case of letters does not matter.
#[utoipa::path(get, path = "/search", tag = "messages", operation_id = "searchMessages",
    params(SearchQuery, PageRequest),
    responses((status = 200, body = Page<Message>), NotFound))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<SearchQuery>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Message>>> {
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
    };
    Ok(Json(chat.search(&caller, &search, page).await?))
}
