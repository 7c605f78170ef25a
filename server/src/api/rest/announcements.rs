//! Endpoints of announcements: administrators make them, everybody reads them.

use crate::api::prelude::*;
use model::{Announcement, NewAnnouncement};

/// Lists announcements, the newest first.
///
/// They are for everybody, also for those who registered later.
#[utoipa::path(get, path = "/announcements", tag = "announcements", operation_id = "listAnnouncements",
    params(PageRequest),
    responses((status = 200, body = Page<Announcement>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Announcement>>> {
    Ok(Json(chat.announcements(&caller, page).await?))
}

/// Makes an announcement to everybody.
///
/// For administrators. Everybody who is connected gets the event `announcement`. A retry with the same `clientId` answers
/// with the first result. `attachmentIds` and `poll` are refused: a poll is sent to the conversation `0`.
#[utoipa::path(post, path = "/announcements", tag = "announcements", operation_id = "announce",
    request_body = NewAnnouncement,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same as `clientId`")),
    responses((status = 201, body = Announcement), Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(mut new): Json<NewAnnouncement>,
) -> Result<(StatusCode, Json<Announcement>)> {
    IdempotencyKey::fill(key, &mut new.client_id)?;
    let announcement = chat.announce(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(announcement)))
}
