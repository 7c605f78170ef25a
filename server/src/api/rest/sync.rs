//! Endpoints of the change feed, from which a client catches up.

use crate::api::prelude::*;
use model::{Changes, ConversationId, Sync, SyncRequest};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AfterSeq {
    /// The last `seq` that the client has seen; 0 for all.
    after: i64,
    /// 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// Lists the changes of a conversation after a `seq`, in order.
///
/// A message or member that changed several times comes once, under its last `seq`.
#[utoipa::path(get, path = "/conversations/{id}/changes", tag = "sync", operation_id = "listChanges",
    params(("id" = ConversationId, Path), AfterSeq),
    responses((status = 200, body = Changes)))]
pub async fn changes(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Query(AfterSeq { after, limit }): Query<AfterSeq>,
) -> Result<Json<Changes>> {
    Ok(Json(chat.changes(&caller, id, after, limit).await?))
}

/// Lists the changes of all of the caller's conversations, after a `seq` for each.
///
/// While `hasMore` is true, ask again with the last `seq` of each conversation.
#[utoipa::path(post, path = "/sync", tag = "sync", operation_id = "sync", request_body = SyncRequest,
    responses((status = 200, body = Sync)))]
pub async fn sync(
    State(chat): State<Chat>,
    caller: Caller,
    Json(request): Json<SyncRequest>,
) -> Result<Json<Sync>> {
    Ok(Json(chat.sync(&caller, request).await?))
}
