//! Endpoints of the caller's scheduled messages.

use crate::api::prelude::*;
use model::{
    ConversationId, NewScheduledMessage, ScheduledChange, ScheduledMessage, ScheduledMessageId,
};

/// Schedules a message.
///
/// It is sent between its time and 2 seconds after it, once, by the rules of that time; if they refuse it, it stays in
/// the list as `failed`, with the reason. Its files are kept for it until then: no other message can have them. A retry with
/// the same `clientId` answers 200 with the first result; with another text, time, place, quote or files it is a conflict, as
/// are more than 500 scheduled messages. It cannot be a poll: `poll` is refused.
#[utoipa::path(post, path = "/conversations/{id}/scheduled", tag = "messages", operation_id = "scheduleMessage",
    request_body = NewScheduledMessage,
    params(("id" = ConversationId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same as `clientId`")),
    responses((status = 201, body = ScheduledMessage, description = "Scheduled"),
        (status = 200, body = ScheduledMessage,
            description = "Scheduled before, by a request with the same `clientId`"), Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    key: Option<IdempotencyKey>,
    Json(mut new): Json<NewScheduledMessage>,
) -> Result<(StatusCode, Json<ScheduledMessage>)> {
    IdempotencyKey::fill(key, &mut new.client_id)?;
    let (scheduled, existed) = chat.schedule_message(&caller, id, new).await?;
    Ok((status_created(existed), Json(scheduled)))
}

/// Lists the caller's scheduled messages, the one that is due first before the others.
///
/// With those that failed, without those that were sent or cancelled. Every change is told as `scheduled` to the
/// caller's own sockets.
#[utoipa::path(get, path = "/me/scheduled", tag = "messages", operation_id = "listScheduledMessages",
    params(PageRequest),
    responses((status = 200, body = Page<ScheduledMessage>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<ScheduledMessage>>> {
    Ok(Json(chat.scheduled_messages(&caller, page).await?))
}

/// Changes text, time or files of a scheduled message.
///
/// One that has failed waits again with a new time, and stays as it is without. Once it is being sent, was sent or cancelled, that is a conflict.
#[utoipa::path(patch, path = "/me/scheduled/{id}", tag = "messages", operation_id = "changeScheduledMessage",
    params(("id" = ScheduledMessageId, Path)), request_body = ScheduledChange,
    responses((status = 200, body = ScheduledMessage), Conflict))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ScheduledMessageId>,
    Json(change): Json<ScheduledChange>,
) -> Result<Json<ScheduledMessage>> {
    Ok(Json(chat.change_scheduled(&caller, id, change).await?))
}

/// Cancels a scheduled message.
///
/// Its files can go with another message, within a day. Once it is being sent, was sent or cancelled, that is a conflict.
#[utoipa::path(delete, path = "/me/scheduled/{id}", tag = "messages", operation_id = "cancelScheduledMessage",
    params(("id" = ScheduledMessageId, Path)),
    responses((status = 204), Conflict))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ScheduledMessageId>,
) -> Result<StatusCode> {
    chat.cancel_scheduled(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a scheduled message at once.
///
/// If the send is refused, the message stays as it was. Once it is being sent, was sent or cancelled, that is a
/// conflict.
#[utoipa::path(post, path = "/me/scheduled/{id}/send", tag = "messages", operation_id = "sendScheduledMessage",
    params(("id" = ScheduledMessageId, Path)),
    responses((status = 200, body = ScheduledMessage), Conflict))]
pub async fn send(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ScheduledMessageId>,
) -> Result<Json<ScheduledMessage>> {
    Ok(Json(chat.send_scheduled_now(&caller, id).await?))
}
