//! Endpoints of drafts.

use crate::api::prelude::*;
use model::{ConversationId, Draft, DraftChange, DraftSaved};

/// Lists the caller's drafts, the one that was changed last first.
///
/// Nobody else sees them. Every change is told as `draft` to the caller's own sockets.
#[utoipa::path(get, path = "/me/drafts", tag = "me", operation_id = "listDrafts",
    params(PageRequest),
    responses((status = 200, body = Page<Draft>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Draft>>> {
    Ok(Json(chat.drafts(&caller, page).await?))
}

/// Writes the caller's draft in a conversation or a thread, or removes it.
///
/// If another device has changed the draft since `base`, nothing is written: `saved` is false, and `draft` is what that
/// device wrote. A message that is sent with `draftSeq` removes the draft with that `seq`, but for files that the message
/// has not. Leaving the conversation removes it as well. Its files are kept as long as it is there; those that it cannot
/// have are left out. A draft has no poll: `poll` is refused. More than 1,000 drafts are a conflict.
#[utoipa::path(put, path = "/conversations/{id}/draft", tag = "me", operation_id = "saveDraft",
    params(("id" = ConversationId, Path)), request_body = DraftChange,
    responses((status = 200, body = DraftSaved), Conflict))]
pub async fn put(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(change): Json<DraftChange>,
) -> Result<Json<DraftSaved>> {
    Ok(Json(chat.save_draft(&caller, id, change).await?))
}
