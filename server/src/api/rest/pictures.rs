//! Endpoints that set and remove pictures of people, bots and conversations. The body of a request is the file itself.

use crate::{api::prelude::*, problem::ApiError};
use axum::body::Bytes;
use chat::MAX_PICTURE_BYTES;
use model::{ConversationId, ErrorCode, Picture, UserKey};

/// Bytes of the body of a request. One that is longer by this one is read and refused by the verb, in its words.
pub const BODY_LIMIT: usize = MAX_PICTURE_BYTES + 1;

/// The bytes of a picture.
pub struct File(Vec<u8>);

impl<S: Send + Sync> axum::extract::FromRequest<S> for File {
    type Rejection = ApiError;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes.into())),
            Err(rejection) => {
                let detail = match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => "The picture is too large.".to_owned(),
                    _ => rejection.body_text(),
                };
                let code = match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
                    _ => ErrorCode::Invalid,
                };
                Err(ApiError::http(rejection.status(), code, detail))
            }
        }
    }
}

/// Sets the caller's picture.
///
/// The body is a PNG, a JPEG or a WebP of at most 4 MiB that does not move. The server turns it as its metadata says,
/// takes a square of the middle, and keeps it in two small sizes without metadata. The answer has the address, which
/// everybody sees as `avatarUrl` from then on: those who share a conversation with the caller get `user:updated`.
#[utoipa::path(put, path = "/me/picture", tag = "me", operation_id = "setMyPicture",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
    responses((status = 200, body = Picture), PictureRefusals))]
pub async fn set(
    State(chat): State<Chat>,
    caller: Caller,
    File(bytes): File,
) -> Result<Json<Picture>> {
    let url = chat.set_picture(&caller, bytes).await?;
    Ok(Json(Picture { url }))
}

/// Removes the caller's picture.
///
/// An address elsewhere that an app has said is shown again.
#[utoipa::path(delete, path = "/me/picture", tag = "me", operation_id = "removeMyPicture",
    responses((status = 204)))]
pub async fn remove(State(chat): State<Chat>, caller: Caller) -> Result<StatusCode> {
    chat.remove_picture(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the picture of a bot.
///
/// For administrators. As `PUT /me/picture`.
#[utoipa::path(put, path = "/users/{id}/picture", tag = "users", operation_id = "setPictureOfBot",
    params(("id" = UserKey, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
    responses((status = 200, body = Picture), PictureRefusals))]
pub async fn set_of(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
    File(bytes): File,
) -> Result<Json<Picture>> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    let url = chat.set_picture_of(&caller, id, bytes).await?;
    Ok(Json(Picture { url }))
}

/// Removes the picture of a user.
///
/// For administrators, of anybody.
#[utoipa::path(delete, path = "/users/{id}/picture", tag = "users", operation_id = "removePictureOfUser",
    params(("id" = UserKey, Path)), responses((status = 204)))]
pub async fn remove_of(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
) -> Result<StatusCode> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    chat.remove_picture_of(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the picture of a group or a channel.
///
/// For owners and admins. As `PUT /me/picture`. The members get `conversation:updated` with its `pictureUrl`.
#[utoipa::path(put, path = "/conversations/{id}/picture", tag = "conversations", operation_id = "setConversationPicture",
    params(("id" = ConversationId, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
    responses((status = 200, body = Picture), PictureRefusals))]
pub async fn set_of_conversation(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    File(bytes): File,
) -> Result<Json<Picture>> {
    let url = chat.set_conversation_picture(&caller, id, bytes).await?;
    Ok(Json(Picture { url }))
}

/// Removes the picture of a group or a channel.
///
/// For owners and admins.
#[utoipa::path(delete, path = "/conversations/{id}/picture", tag = "conversations", operation_id = "removeConversationPicture",
    params(("id" = ConversationId, Path)), responses((status = 204)))]
pub async fn remove_of_conversation(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    chat.remove_conversation_picture(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
