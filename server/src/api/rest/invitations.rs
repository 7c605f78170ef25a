//! Endpoints of invitations: administrators make and end them, those who are invited use them.

use crate::api::prelude::*;
use model::{CreatedInvitation, Invitation, InvitationId, NewInvitation};
use serde::Deserialize;
use utoipa::ToSchema;

/// Lists the invitations that can be used.
///
/// For administrators. The newest first.
#[utoipa::path(get, path = "/invitations", tag = "invitations", operation_id = "listInvitations",
    params(PageRequest),
    responses((status = 200, body = Page<Invitation>), Forbidden))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Invitation>>> {
    Ok(Json(chat.invitations(&caller, &page).await?))
}

/// Makes an invitation.
///
/// For administrators. The answer has the token of its link, this one time. It ends with its time, its uses, and when who
/// has made it is no administrator any more. Conversations are public channels, or those to which the caller may add
/// people. A conflict where registration is closed.
#[utoipa::path(post, path = "/invitations", tag = "invitations", operation_id = "createInvitation",
    request_body = NewInvitation,
    responses((status = 201, body = CreatedInvitation), NotFound, Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    Json(new): Json<NewInvitation>,
) -> Result<(StatusCode, Json<CreatedInvitation>)> {
    let created = chat.create_invitation(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Ends an invitation.
///
/// For administrators. Accounts that were made with it stay.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "invitations", operation_id = "revokeInvitation",
    params(("id" = InvitationId, Path)), responses((status = 204)))]
pub async fn revoke(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<InvitationId>,
) -> Result<StatusCode> {
    chat.revoke_invitation(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
pub struct UsedInvitation {
    /// The token of the link.
    token: String,
}

/// Joins the conversations of an invitation.
///
/// With the account that the caller has, whose role stays. Who has none registers with the invitation.
#[utoipa::path(post, path = "/invitations/join", tag = "invitations", operation_id = "joinInvited",
    request_body = UsedInvitation,
    responses((status = 204), NotFound, Conflict))]
pub async fn join(
    State(chat): State<Chat>,
    caller: Caller,
    Json(used): Json<UsedInvitation>,
) -> Result<StatusCode> {
    chat.join_invited(&caller, &used.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
