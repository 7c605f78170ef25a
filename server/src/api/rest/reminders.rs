//! Endpoints of the caller's reminders.

use crate::api::prelude::*;
use model::{MessageId, Reminder};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Lists the caller's reminders in the order of their times: what is due comes first.
///
/// Without those that were completed. Every change is told as `reminder` to the caller's own sockets, and so is that its
/// time has come, at most 2 seconds after it. A deleted message is shown as its tombstone; one that the caller may not
/// see any more is null.
#[utoipa::path(get, path = "/me/reminders", tag = "me", operation_id = "listReminders",
    params(PageRequest),
    responses((status = 200, body = Page<Reminder>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Reminder>>> {
    Ok(Json(chat.reminders(&caller, page).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"remindAt": "2027-01-04T08:00:00Z"}))]
pub struct ReminderTime {
    /// 30 seconds to 366 days from now.
    #[serde(with = "model::timestamp")]
    remind_at: OffsetDateTime,
}

/// Reminds the caller of a message at a time.
///
/// A message has one reminder: another time replaces the first one, also when that has come or was completed. A deleted
/// message is a conflict, and so are more than 1,000 reminders.
#[utoipa::path(put, path = "/me/reminders/{id}", tag = "me", operation_id = "setReminder",
    params(("id" = MessageId, Path)), request_body = ReminderTime,
    responses((status = 200, body = Reminder), Conflict))]
pub async fn put(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
    Json(ReminderTime { remind_at }): Json<ReminderTime>,
) -> Result<Json<Reminder>> {
    Ok(Json(chat.set_reminder(&caller, id, remind_at).await?))
}

/// Completes the reminder of a message.
///
/// If there is none, nothing changes.
#[utoipa::path(delete, path = "/me/reminders/{id}", tag = "me", operation_id = "completeReminder",
    params(("id" = MessageId, Path)),
    responses((status = 204)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<StatusCode> {
    chat.complete_reminder(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
