//! Endpoints that forward messages, and say where forwarded ones come from.

use crate::api::prelude::*;
use chat::Error;
use model::{ConversationId, Message, MessageId, NewForward, Origin};
use serde::Deserialize;
use utoipa::IntoParams;

/// Forwards messages to a conversation.
///
/// 1 to 20 messages of one conversation that the caller may see now, in the order in which they were said, after the
/// comment, if there is one: all of them or none. Each is a message of the caller's with `forwarded: {from, at}`, whose
/// mentions tell nobody and which nobody can edit. What becomes of the original changes none. A forward of a forward
/// names who has said it first.
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

/// Characters of 100 ids, of which the longest have 19 digits.
const MAX_IDS_LENGTH: usize = 1999;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct OriginQuery {
    /// 1 to 100 ids, separated by commas.
    #[param(example = "12,13", max_length = 1999)]
    message_ids: String,
}

impl OriginQuery {
    fn ids(&self) -> chat::Result<Vec<MessageId>> {
        if self.message_ids.len() > MAX_IDS_LENGTH {
            return Err(Error::invalid("messageIds", "must be 1 to 100"));
        }
        let ids = self.message_ids.split(',').map(str::parse);
        ids.collect::<std::result::Result<_, _>>()
            .map_err(|_| Error::invalid("messageIds", "must be ids, separated by commas"))
    }
}

/// Says where forwarded messages were said first.
///
/// Of those whose original the caller may see now; others are left out, as messages that nobody has forwarded are.
#[utoipa::path(get, path = "/origins", tag = "messages", operation_id = "listOrigins",
    params(OriginQuery),
    responses((status = 200, body = Page<Origin>)))]
pub async fn origins(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<OriginQuery>,
) -> Result<Json<Page<Origin>>> {
    Ok(single_page(chat.origins(&caller, &query.ids()?).await?))
}
