//! Endpoints of the votes in polls, and of their end. A poll is sent as a message.

use super::message_ids::MessageIdsQuery;
use crate::api::prelude::*;
use model::{Message, MessageId, NewVote, PollVote, Voter};
use serde::Deserialize;
use utoipa::IntoParams;

/// Votes in a poll.
///
/// The choice replaces an earlier one of the caller's; the same one changes nothing. The members are told what the
/// message is now (`message:updated`), together with votes that come at about the same time; the caller's own devices
/// are told their choice (`vote`). A poll that is closed is a conflict, but for the same choice once more.
#[utoipa::path(put, path = "/messages/{id}/vote", tag = "polls", operation_id = "vote",
    params(("id" = MessageId, Path)), request_body = NewVote,
    responses((status = 200, body = PollVote), Conflict))]
pub async fn put(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
    Json(new): Json<NewVote>,
) -> Result<Json<PollVote>> {
    Ok(Json(chat.vote(&caller, id, new).await?))
}

/// Takes the caller's vote back.
///
/// If there is none, nothing changes, also once the poll is closed; a vote in a poll that is closed is a conflict.
#[utoipa::path(delete, path = "/messages/{id}/vote", tag = "polls", operation_id = "retractVote",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = PollVote), Conflict))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<PollVote>> {
    Ok(Json(chat.retract_vote(&caller, id).await?))
}

/// Closes a poll.
///
/// For its sender, and for owners and admins of a group or channel. Nothing of it changes after that; one that is closed
/// stays as it is. A message that is no poll is not found.
#[utoipa::path(post, path = "/messages/{id}/poll/close", tag = "polls", operation_id = "closePoll",
    params(("id" = MessageId, Path)),
    responses((status = 200, body = Message), Conflict))]
pub async fn close(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>> {
    Ok(Json(chat.close_poll(&caller, id).await?))
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct VoterQuery {
    /// The place of an option, from 1: those who have chosen it. All who have voted when absent.
    #[param(minimum = 1, maximum = 20)]
    pub option: Option<i16>,
}

/// Lists who has voted, in the order in which their votes were last changed.
///
/// Of a poll that is not anonymous, for those who may see its results; it is forbidden otherwise, to everybody.
#[utoipa::path(get, path = "/messages/{id}/votes", tag = "polls", operation_id = "listVoters",
    params(("id" = MessageId, Path), VoterQuery, PageRequest),
    responses((status = 200, body = Page<Voter>)))]
pub async fn voters(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
    Query(query): Query<VoterQuery>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Voter>>> {
    Ok(Json(chat.voters(&caller, id, query.option, page).await?))
}

/// Shows what the caller has voted in polls, with the results that they may see.
///
/// Nobody else sees it. In the order of the messages' ids; those that ask nothing, or that the caller may not see, are left
/// out.
#[utoipa::path(get, path = "/me/votes", tag = "polls", operation_id = "listOwnVotes",
    params(MessageIdsQuery),
    responses((status = 200, body = Page<PollVote>)))]
pub async fn own(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<MessageIdsQuery>,
) -> Result<Json<Page<PollVote>>> {
    Ok(single_page(chat.own_votes(&caller, &query.ids()?).await?))
}
