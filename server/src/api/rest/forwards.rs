//! Endpoints that forward messages, and say where forwarded ones come from.

use super::message_ids::MessageIdsQuery;
use crate::api::prelude::*;
use model::{ConversationId, Message, NewForward, Origin};

/// Forwards messages to a conversation.
///
/// 1 to 20 messages of one conversation that the caller may see now, in the order in which they were said, after the
/// comment, if there is one: all of them or none. Each is a message of the caller's with `forwarded: {from, at}`, whose
/// mentions tell nobody and which nobody can edit. What becomes of the original changes none. A forward of a forward
/// names who has said it first, and that of a poll has the question only.
///
/// A retry with the same `clientId` answers 200 with the first result; the same `clientId` with other content is a
/// conflict, and so is a message that was deleted.
#[utoipa::path(post, path = "/conversations/{id}/forwards", tag = "messages", operation_id = "forwardMessages",
    request_body = NewForward,
    params(("id" = ConversationId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same as `clientId`")),
    responses((status = 201, body = Page<Message>, description = "Forwarded: the comment, and the messages"),
        (status = 200, body = Page<Message>, description = "Forwarded before, by a request with the same `clientId`"),
        Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    key: Option<IdempotencyKey>,
    Json(mut new): Json<NewForward>,
) -> Result<(StatusCode, Json<Page<Message>>)> {
    IdempotencyKey::fill(key, &mut new.client_id)?;
    let sent = chat.forward_messages(&caller, id, new).await?;
    Ok((
        status_created(sent.deduplicated),
        single_page(sent.messages),
    ))
}

/// Says where forwarded messages were said first.
///
/// Of those whose original the caller may see now; others are left out, as messages that nobody has forwarded are.
#[utoipa::path(get, path = "/origins", tag = "messages", operation_id = "listOrigins",
    params(MessageIdsQuery),
    responses((status = 200, body = Page<Origin>)))]
pub async fn origins(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<MessageIdsQuery>,
) -> Result<Json<Page<Origin>>> {
    Ok(single_page(chat.origins(&caller, &query.ids()?).await?))
}
