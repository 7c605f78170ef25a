//! Endpoints of threads: replies to one message, beside the main line of its conversation.

use super::messages::MessageWindow;
use crate::api::prelude::*;
use model::{FollowedThreads, Message, MessageId, ThreadDetails, ThreadFollowers, ThreadState};
use serde::Deserialize;
use utoipa::ToSchema;

/// Shows a thread: its root, and the caller's part of it.
///
/// The id of a thread is that of its root. A message that nobody has replied to in a thread is one without replies.
#[utoipa::path(get, path = "/threads/{id}", tag = "threads", operation_id = "showThread",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = ThreadDetails)))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<ThreadDetails>> {
    Ok(Json(chat.thread(&caller, id).await?))
}

/// Lists the replies in a thread, the oldest first within a page.
///
/// As the messages of a conversation, by the numbers that the replies have in the thread. Send one with
/// `POST /conversations/{id}/messages` and `threadId`.
#[utoipa::path(get, path = "/threads/{id}/messages", tag = "threads", operation_id = "listThreadMessages",
    params(("id" = MessageId, Path), MessageWindow),
    responses((status = 200, body = Page<Message>)))]
pub async fn messages(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
    Query(window): Query<MessageWindow>,
) -> Result<Json<Page<Message>>> {
    let page = chat
        .thread_messages(&caller, id, window.try_into()?)
        .await?;
    Ok(Json(page))
}

#[derive(Deserialize, ToSchema)]
pub struct ThreadPosition {
    /// The `threadPosition` of a reply.
    position: i64,
}

/// Marks the replies in a thread as read up to a number.
///
/// It only moves forward. Nothing changes for somebody who does not follow the thread.
#[utoipa::path(post, path = "/threads/{id}/read", tag = "threads", operation_id = "markThreadRead",
    params(("id" = MessageId, Path)), request_body = ThreadPosition,
    responses((status = 200, body = ThreadState)))]
pub async fn read(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
    Json(ThreadPosition { position }): Json<ThreadPosition>,
) -> Result<Json<ThreadState>> {
    Ok(Json(chat.mark_thread_read(&caller, id, position).await?))
}

/// Follows a thread, from its newest reply on.
///
/// For members, once there is a reply. Who has sent the root, replies or is mentioned follows without it.
#[utoipa::path(put, path = "/threads/{id}/follow", tag = "threads", operation_id = "followThread",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = ThreadState)))]
pub async fn follow(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<ThreadState>> {
    Ok(Json(chat.follow_thread(&caller, id, true).await?))
}

/// Follows a thread no longer.
///
/// Until the caller replies in it, or follows it again.
#[utoipa::path(delete, path = "/threads/{id}/follow", tag = "threads", operation_id = "unfollowThread",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = ThreadState)))]
pub async fn unfollow(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<ThreadState>> {
    Ok(Json(chat.follow_thread(&caller, id, false).await?))
}

/// Lists the members who follow a thread.
///
/// For members. Nobody is told who follows a thread of the announcements.
#[utoipa::path(get, path = "/threads/{id}/followers", tag = "threads", operation_id = "listThreadFollowers",
    params(("id" = MessageId, Path), PageRequest),
    responses((status = 200, body = ThreadFollowers)))]
pub async fn followers(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
    Query(page): Query<PageRequest>,
) -> Result<Json<ThreadFollowers>> {
    Ok(Json(chat.thread_followers(&caller, id, page).await?))
}

/// Lists the threads that the caller follows.
///
/// Those with unread replies first, then those with the newest replies.
#[utoipa::path(get, path = "/me/threads", tag = "threads", operation_id = "listFollowedThreads",
    params(PageRequest),
    responses((status = 200, body = FollowedThreads)))]
pub async fn followed(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<FollowedThreads>> {
    Ok(Json(chat.followed_threads(&caller, page).await?))
}
