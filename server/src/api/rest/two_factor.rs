//! Endpoints of the caller's second factor.

use crate::{api::prelude::*, auth::CallerInSetup};
use model::{
    NewTwoFactor, RecoveryCodes, RememberedDevice, RememberedDeviceId, TwoFactor, TwoFactorCode,
    TwoFactorProof, TwoFactorSetup,
};

/// Shows whether signing in asks the caller for a code.
///
/// And how many recovery codes are left, and whether the caller has to have it. Who has to, and has not, gets 403 with the code
/// `two_factor_setup_required` everywhere but here, at `POST /me/two-factor`, `POST /me/two-factor/enable`, `GET /me` and
/// `POST /auth/logout`.
#[utoipa::path(get, path = "/me/two-factor", tag = "me", operation_id = "showTwoFactor",
    responses((status = 200, body = TwoFactor)))]
pub async fn show(
    State(chat): State<Chat>,
    CallerInSetup(caller): CallerInSetup,
) -> Result<Json<TwoFactor>> {
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
    CallerInSetup(caller): CallerInSetup,
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
    CallerInSetup(caller): CallerInSetup,
    Json(code): Json<TwoFactorCode>,
) -> Result<Json<RecoveryCodes>> {
    Ok(Json(chat.enable_two_factor(&caller, &code).await?))
}

/// Turns two-factor authentication off.
///
/// With the password, and a code of the authenticator app or a recovery code. A conflict where it is off, and for a
/// caller who has to have it. No device is remembered any more.
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

/// Lists where signing in asks the caller for no code.
///
/// A browser or program is remembered for some days, where a code was shown with `rememberDevice`. The newest first.
#[utoipa::path(get, path = "/me/two-factor/devices", tag = "me", operation_id = "listRememberedDevices",
    responses((status = 200, body = Page<RememberedDevice>)))]
pub async fn list_devices(
    State(chat): State<Chat>,
    caller: Caller,
) -> Result<Json<Page<RememberedDevice>>> {
    Ok(single_page(chat.remembered_devices(&caller).await?))
}

/// Forgets a browser or program.
///
/// The next sign-in there asks for a code. Its session stays.
#[utoipa::path(delete, path = "/me/two-factor/devices/{id}", tag = "me", operation_id = "forgetDevice",
    params(("id" = RememberedDeviceId, Path)), responses((status = 204)))]
pub async fn forget_device(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<RememberedDeviceId>,
) -> Result<StatusCode> {
    chat.forget_device(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
