//! Endpoints of link previews: what their sender removes, and where there are any.

use crate::api::prelude::*;
use model::{
    ConversationId, LinkPreviewChoice, LinkPreviewId, LinkPreviewState, Message, MessageId,
};

/// Removes a link preview from a message of the caller's.
///
/// For everybody, and as long as the message has the link. One that the message does not have changes nothing. The change is a
/// `message:updated` without an edit.
#[utoipa::path(delete, path = "/messages/{id}/link-previews/{previewId}", tag = "messages", operation_id = "removeLinkPreview",
    params(("id" = MessageId, Path), ("previewId" = LinkPreviewId, Path)),
    responses((status = 200, body = Message)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path((id, preview_id)): Path<(MessageId, LinkPreviewId)>,
) -> Result<Json<Message>> {
    Ok(Json(
        chat.remove_link_preview(&caller, id, preview_id).await?,
    ))
}

/// Shows whether links are previewed in a conversation.
///
/// For whoever reads it: of a public channel, also those who have not joined. Where the operator has turned them off
/// (`LINK_PREVIEWS`), `available` is false: new messages get none, and others keep those that they have.
#[utoipa::path(get, path = "/conversations/{id}/link-previews", tag = "conversations", operation_id = "showLinkPreviews",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = LinkPreviewState)))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<LinkPreviewState>> {
    Ok(Json(chat.link_preview_state(&caller, id).await?))
}

/// Chooses whether links are previewed in a conversation from now on.
///
/// For both people of a direct conversation, and for owners and admins elsewhere; it is forbidden to others who read the
/// conversation. Messages keep the previews that they have.
#[utoipa::path(put, path = "/conversations/{id}/link-previews", tag = "conversations", operation_id = "setLinkPreviews",
    params(("id" = ConversationId, Path)), request_body = LinkPreviewChoice,
    responses((status = 200, body = LinkPreviewState)))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(choice): Json<LinkPreviewChoice>,
) -> Result<Json<LinkPreviewState>> {
    let chosen = chat.set_link_preview_choice(&caller, id, choice).await?;
    Ok(Json(chosen))
}
