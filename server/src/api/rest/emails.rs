//! Endpoints of the caller's e-mail address.

use crate::api::prelude::*;
use model::{EmailChange, EmailState};
use serde::Deserialize;
use utoipa::ToSchema;

/// Shows the caller's e-mail address, and whether it is confirmed.
#[utoipa::path(get, path = "/me/email", tag = "me", operation_id = "showEmail",
    responses((status = 200, body = EmailState)))]
pub async fn show(State(chat): State<Chat>, caller: Caller) -> Result<Json<EmailState>> {
    Ok(Json(chat.email_state(&caller).await?))
}

/// Changes the caller's e-mail address.
///
/// With the password, which users of apps have not, and a code where the account has two-factor authentication. Where the server sends mails, the new address takes the place of the old
/// one once the link that is mailed to it is opened, and the old one is told; otherwise it changes at once. The empty string
/// removes it at once.
#[utoipa::path(put, path = "/me/email", tag = "me", operation_id = "changeEmail", request_body = EmailChange,
    responses((status = 200, body = EmailState), Conflict))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Json(change): Json<EmailChange>,
) -> Result<Json<EmailState>> {
    Ok(Json(chat.change_email(&caller, change, &client).await?))
}

/// Mails the link that confirms the address once more.
///
/// Five in an hour, and 20 from one network. A conflict where the address is confirmed, and on a server that sends no mails.
#[utoipa::path(post, path = "/me/email/verification", tag = "me", operation_id = "sendEmailVerification",
    responses((status = 202, description = "A mail is on its way"), Conflict))]
pub async fn send_verification(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
) -> Result<StatusCode> {
    chat.send_verification(&caller, &client).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, ToSchema)]
pub struct SignInNotes {
    /// Whether the caller gets a mail after a sign-in from a new device.
    enabled: bool,
}

/// Turns the mails of sign-ins from new devices on or off.
#[utoipa::path(put, path = "/me/email/sign-in-notes", tag = "me", operation_id = "setSignInNotes",
    request_body = SignInNotes, responses((status = 204)))]
pub async fn set_sign_in_notes(
    State(chat): State<Chat>,
    caller: Caller,
    Json(notes): Json<SignInNotes>,
) -> Result<StatusCode> {
    chat.set_sign_in_notes(&caller, notes.enabled).await?;
    Ok(StatusCode::NO_CONTENT)
}
