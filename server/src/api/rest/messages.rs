//! Endpoints that send, list, edit and delete messages.

use crate::api::prelude::*;
use chat::{MessagesRequest, PageAnchor};
use model::{ConversationId, Edit, Message, MessageId, NewMessage, NoFiles, NoPoll, RenderedBody};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct MessageWindow {
    /// Messages below this position.
    before: Option<i64>,
    /// Messages above this position.
    after: Option<i64>,
    /// Messages on both sides of this position.
    around: Option<i64>,
    /// `nextCursor` of the page before, with the same other parameters.
    #[param(value_type = Option<String>, max_length = 255)]
    cursor: Option<i64>,
    /// 1 to 100; 50 when absent.
    limit: Option<i64>,
    /// Whether replies that are in threads only are left out. Without it a client that knows no threads sees all messages.
    #[serde(rename = "mainLine")]
    #[param(required = false)]
    main_line: bool,
}

impl TryFrom<MessageWindow> for MessagesRequest {
    type Error = chat::Error;

    fn try_from(window: MessageWindow) -> chat::Result<Self> {
        let MessageWindow {
            before,
            after,
            around,
            cursor,
            limit,
            main_line,
        } = window;
        let anchor = match (before, after, around) {
            (None, None, None) => cursor.map_or(PageAnchor::Newest, PageAnchor::Before),
            (Some(position), None, None) => PageAnchor::Before(cursor.unwrap_or(position)),
            (None, Some(position), None) => PageAnchor::After(cursor.unwrap_or(position)),
            (None, None, Some(position)) if cursor.is_none() => PageAnchor::Around(position),
            (None, None, Some(_)) => {
                return Err(chat::Error::invalid("cursor", "does not go with around"));
            }
            _ => {
                return Err(chat::Error::invalid(
                    "before",
                    "goes without after and around",
                ));
            }
        };
        Ok(Self {
            anchor,
            limit,
            main_line,
        })
    }
}

/// Lists messages, the oldest first within a page.
///
/// With the replies in threads, unless `mainLine` leaves them out. Without a position it is the newest page, and `nextCursor` leads to older ones. `before`, `after` and `around` exclude
/// each other.
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "messages", operation_id = "listMessages",
    params(("id" = ConversationId, Path), MessageWindow),
    responses((status = 200, body = Page<Message>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Query(window): Query<MessageWindow>,
) -> Result<Json<Page<Message>>> {
    Ok(Json(chat.messages(&caller, id, window.try_into()?).await?))
}

/// Sends a message.
///
/// With `poll` it asks what its body says, which must not be empty then; without a file its kind is `text`. A retry with the same `clientId` answers 200 with the first result; the same
/// `clientId` with other content is a conflict.
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "messages", operation_id = "sendMessage",
    request_body = NewMessage,
    params(("id" = ConversationId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same as `clientId`")),
    responses((status = 201, body = Message, description = "Sent"),
        (status = 200, body = Message, description = "Sent before, by a request with the same `clientId`"), Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    key: Option<IdempotencyKey>,
    Json(mut new): Json<NewMessage>,
) -> Result<(StatusCode, Json<Message>)> {
    IdempotencyKey::fill(key, &mut new.client_id)?;
    let sent = chat.send_message(&caller, id, new).await?;
    Ok((status_created(sent.deduplicated), Json(sent.message)))
}

/// A text alone.
#[derive(Deserialize, ToSchema)]
pub struct Wording {
    body: String,
    /// Refused unless it is empty.
    #[serde(default, rename = "attachmentIds")]
    #[schema(ignore)]
    _attachment_ids: NoFiles,
    /// Refused unless it is null.
    #[serde(default, rename = "poll")]
    #[schema(ignore)]
    _poll: NoPoll,
}

/// Renders a text that has not been sent.
///
/// As it would be shown if the caller sent it to the conversation. Nothing is written, and nobody is told.
#[utoipa::path(post, path = "/conversations/{id}/messages/render", tag = "messages", operation_id = "renderMessage",
    params(("id" = ConversationId, Path)), request_body = Wording,
    responses((status = 200, body = RenderedBody)))]
pub async fn render(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(Wording { body, .. }): Json<Wording>,
) -> Result<Json<RenderedBody>> {
    Ok(Json(chat.render_body(&caller, id, body).await?))
}

/// Shows one message.
///
/// A deleted one is shown as its tombstone.
#[utoipa::path(get, path = "/messages/{id}", tag = "messages", operation_id = "showMessage",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = Message)))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>> {
    Ok(Json(chat.message(&caller, id).await?))
}

/// Edits a message of the caller's.
///
/// Earlier bodies are kept. A deleted message is a conflict, and so is a poll once somebody has voted, or once it is closed.
/// `attachmentIds` and `poll` are refused: an edit changes the text alone.
#[utoipa::path(patch, path = "/messages/{id}", tag = "messages", operation_id = "editMessage",
    params(("id" = MessageId, Path)), request_body = Wording,
    responses((status = 200, body = Message), Conflict))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
    Json(Wording { body, .. }): Json<Wording>,
) -> Result<Json<Message>> {
    Ok(Json(chat.edit_message(&caller, id, body).await?))
}

/// Deletes a message.
///
/// For its sender, owners and admins. A tombstone with the time of the deletion remains.
#[utoipa::path(delete, path = "/messages/{id}", tag = "messages", operation_id = "deleteMessage",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = Message)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>> {
    Ok(Json(chat.delete_message(&caller, id).await?))
}

/// Lists earlier bodies of a message, the newest first.
///
/// At most 100.
#[utoipa::path(get, path = "/messages/{id}/edits", tag = "messages", operation_id = "listEdits",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = Page<Edit>)))]
pub async fn edits(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<Page<Edit>>> {
    Ok(single_page(chat.edits(&caller, id).await?))
}
