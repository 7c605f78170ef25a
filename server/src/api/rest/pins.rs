//! Endpoints of pins, which everybody in a conversation sees, and of the caller's saved messages.

use crate::api::prelude::*;
use model::{ConversationId, Message, MessageId, SavedMessage};

/// Lists the pinned messages of a conversation, the one that was pinned last first.
///
/// A change of a pin is a `message:updated` of its message.
#[utoipa::path(get, path = "/conversations/{id}/pins", tag = "messages", operation_id = "listPins",
    params(("id" = ConversationId, Path), PageRequest),
    responses((status = 200, body = Page<Message>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Message>>> {
    Ok(Json(chat.pins(&caller, id, page).await?))
}

/// Pins a message.
///
/// In direct conversations and groups for every member, in channels for owners and admins. Pinning it again changes
/// nothing. A deleted message is a conflict, and so are more than 100 pins in a conversation.
#[utoipa::path(put, path = "/messages/{id}/pin", tag = "messages", operation_id = "pinMessage",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = Message), Conflict))]
pub async fn put(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>> {
    Ok(Json(chat.pin_message(&caller, id).await?))
}

/// Takes a message off the pins.
///
/// For those who may pin there. If it is not pinned, nothing changes.
#[utoipa::path(delete, path = "/messages/{id}/pin", tag = "messages", operation_id = "unpinMessage",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = Message)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>> {
    Ok(Json(chat.unpin_message(&caller, id).await?))
}

/// Lists the caller's saved messages, the one that was saved last first.
///
/// Nobody else sees the list. A deleted message is shown as its tombstone; one of a conversation that the caller may not
/// see any more is left out.
#[utoipa::path(get, path = "/me/saved", tag = "me", operation_id = "listSavedMessages",
    params(PageRequest),
    responses((status = 200, body = Page<SavedMessage>)))]
pub async fn saved(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<SavedMessage>>> {
    Ok(Json(chat.saved_messages(&caller, page).await?))
}

/// Saves a message for the caller.
///
/// Saving it again changes nothing. More than 5,000 saved messages are a conflict.
#[utoipa::path(put, path = "/me/saved/{id}", tag = "me", operation_id = "saveMessage",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = SavedMessage), Conflict))]
pub async fn save(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<SavedMessage>> {
    Ok(Json(chat.save_message(&caller, id).await?))
}

/// Takes a message off the caller's saved ones.
///
/// If it is not saved, nothing changes.
#[utoipa::path(delete, path = "/me/saved/{id}", tag = "me", operation_id = "unsaveMessage",
    params(("id" = MessageId, Path)),
    responses((status = 204)))]
pub async fn unsave(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<StatusCode> {
    chat.unsave_message(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
