//! Endpoints of the caller's second factor.

use crate::api::prelude::*;
use model::{
    NewTwoFactor, RecoveryCodes, TwoFactor, TwoFactorCode, TwoFactorProof, TwoFactorSetup,
};

/// Shows whether signing in asks the caller for a code.
///
/// And how many recovery codes are left.
#[utoipa::path(get, path = "/me/two-factor", tag = "me", operation_id = "showTwoFactor",
    responses((status = 200, body = TwoFactor)))]
pub async fn show(State(chat): State<Chat>, caller: Caller) -> Result<Json<TwoFactor>> {
    Ok(Json(chat.two_factor(&caller).await?))
}

/// Makes a secret for the caller's authenticator app.
///
/// With the password, or without one in a session that has begun within the last 10 minutes. Nothing changes until a code
/// of the app is sent in the same session, within 15 minutes (`POST /me/two-factor/enable`). The app takes the secret as
/// TOTP (RFC 6238) with SHA-1, 6 digits and 30 s. A conflict where two-factor authentication is on, and for an account
/// without a password whose session is older.
#[utoipa::path(post, path = "/me/two-factor", tag = "me", operation_id = "beginTwoFactor",
    request_body = NewTwoFactor,
    responses((status = 201, body = TwoFactorSetup), Conflict))]
pub async fn begin(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Json(new): Json<NewTwoFactor>,
) -> Result<(StatusCode, Json<TwoFactorSetup>)> {
    let setup = chat.begin_two_factor(&caller, new, &client).await?;
    Ok((StatusCode::CREATED, Json(setup)))
}

/// Turns two-factor authentication on.
///
/// With a code of the authenticator app. All other sessions of the caller end, and their sockets. The recovery codes of
/// the answer are shown this one time.
#[utoipa::path(post, path = "/me/two-factor/enable", tag = "me", operation_id = "enableTwoFactor",
    request_body = TwoFactorCode,
    responses((status = 200, body = RecoveryCodes), Conflict))]
pub async fn enable(
    State(chat): State<Chat>,
    caller: Caller,
    Json(code): Json<TwoFactorCode>,
) -> Result<Json<RecoveryCodes>> {
    Ok(Json(chat.enable_two_factor(&caller, &code).await?))
}

/// Turns two-factor authentication off.
///
/// With the password, and a code of the authenticator app or a recovery code. A conflict where it is off.
#[utoipa::path(post, path = "/me/two-factor/disable", tag = "me", operation_id = "disableTwoFactor",
    request_body = TwoFactorProof,
    responses((status = 204), Conflict))]
pub async fn disable(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Json(proof): Json<TwoFactorProof>,
) -> Result<StatusCode> {
    chat.disable_two_factor(&caller, proof, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes new recovery codes.
///
/// With the password, and a code of the authenticator app or a recovery code. All earlier ones end. A conflict where
/// two-factor authentication is off.
#[utoipa::path(post, path = "/me/two-factor/recovery-codes", tag = "me", operation_id = "renewRecoveryCodes",
    request_body = TwoFactorProof,
    responses((status = 200, body = RecoveryCodes), Conflict))]
pub async fn renew_codes(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Json(proof): Json<TwoFactorProof>,
) -> Result<Json<RecoveryCodes>> {
    let codes = chat.renew_recovery_codes(&caller, proof, &client).await?;
    Ok(Json(codes))
}
