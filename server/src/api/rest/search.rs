//! Search: what was said where the caller is a member.

use super::prelude::*;
use chat::Search;
use model::{ConversationId, Message, UserId};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct Find {
    /// Part of what was said.
    q: String,
    conversation_id: Option<ConversationId>,
    /// Whoever said it.
    from: Option<UserId>,
    /// Said before this time.
    #[serde(with = "time::serde::rfc3339::option", default)]
    before: Option<OffsetDateTime>,
    /// Said after this time.
    #[serde(with = "time::serde::rfc3339::option", default)]
    after: Option<OffsetDateTime>,
}

/// Messages that contain the query, in upper or lower case, the newest first.
#[utoipa::path(get, path = "/search", tag = "messages", operation_id = "search_messages",
    params(Find, PageRequest),
    responses((status = 200, body = Page<Message>), Problems))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(find): Query<Find>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Message>>> {
    let search = Search {
        query: find.q,
        conversation_id: find.conversation_id,
        sender_id: find.from,
        before: find.before,
        after: find.after,
    };
    Ok(Json(chat.search(&caller, &search, page).await?))
}
