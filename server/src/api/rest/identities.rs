//! Endpoints of the caller's identities at providers of single sign-on.

use crate::api::prelude::*;
use model::{Identity, IdentityId, IdentityProof};

/// Lists the accounts at providers with which the caller signs in.
///
/// All of them, 20 at most. They are linked in a browser, at `/settings/single-sign-on`.
#[utoipa::path(get, path = "/me/identities", tag = "me", operation_id = "listIdentities",
    responses((status = 200, body = Page<Identity>)))]
pub async fn index(State(chat): State<Chat>, caller: Caller) -> Result<Json<Page<Identity>>> {
    Ok(single_page(chat.identities(&caller).await?))
}

/// Unlinks an account at a provider.
///
/// With the password, or without one in a session that has begun within the last 10 minutes; and with a code, where the
/// caller has two-factor authentication. The sessions end that have begun with it, but for that of the request, and what
/// the groups of the provider have given. A conflict for the only way by which the caller signs in.
#[utoipa::path(post, path = "/me/identities/{id}/unlink", tag = "me", operation_id = "unlinkIdentity",
    params(("id" = IdentityId, Path)), request_body = IdentityProof,
    responses((status = 204), NotFound, Conflict))]
pub async fn unlink(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Path(id): Path<IdentityId>,
    Json(proof): Json<IdentityProof>,
) -> Result<StatusCode> {
    chat.unlink_identity(&caller, id, proof, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}
