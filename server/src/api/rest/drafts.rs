//! Endpoints of drafts, and of the personal sequence in which they are numbered.

use crate::api::prelude::*;
use model::{ConversationId, Draft, DraftChange, DraftSaved, PersonalChanges};
use serde::Deserialize;
use utoipa::IntoParams;

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
/// device wrote. A message that is sent with `draftSeq` removes the draft with that `seq`; so does leaving the
/// conversation. More than 1,000 drafts are a conflict.
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

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AfterPersonalSeq {
    /// The `seq` of the last answer, or of the last event without a hole before it; 0 for all.
    after: i64,
}

/// Lists what has changed in the caller's personal sequence after a number, in order.
///
/// What changed several times comes once, under its last number. While `hasMore` is true, ask again with `seq`.
#[utoipa::path(get, path = "/me/changes", tag = "sync", operation_id = "listPersonalChanges",
    params(AfterPersonalSeq),
    responses((status = 200, body = PersonalChanges)))]
pub async fn changes(
    State(chat): State<Chat>,
    caller: Caller,
    Query(AfterPersonalSeq { after }): Query<AfterPersonalSeq>,
) -> Result<Json<PersonalChanges>> {
    Ok(Json(chat.personal_changes(&caller, after).await?))
}
