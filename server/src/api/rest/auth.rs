//! Endpoints that register, sign in and sign out.

use crate::{
    api::prelude::*,
    auth::CallerInSetup,
    device_cookie::{DeviceCookie, Transport},
};
use chat::Authenticated;
use model::{
    EmailProof, EmailToken, Login, PasswordReset, PasswordResetRequest, Register, SignInProblem,
    SignedIn, TwoFactorLogin,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new account, with the invitation if there is one.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"username": "ada", "password": "correct horse battery staple", "name": "Ada Lovelace"}))]
pub struct Registration {
    #[serde(flatten)]
    account: Register,
    /// The token of an invitation's link.
    #[serde(default)]
    invitation: Option<String>,
}

/// Creates an account and signs in.
///
/// Where registration is open, or with an invitation (404 for one that is not good); otherwise 403. Ten registrations an
/// hour from one network without an invitation, which is an IPv4 address or a /64 of IPv6, unless the settings say
/// otherwise. Where the address has to be at certain hosts and the server sends mails, the account is made and the answer is
/// 403 with the code `email_unconfirmed`: it is signed in to once the link in the mail was opened.
#[utoipa::path(post, path = "/auth/register", tag = "auth", operation_id = "register",
    request_body = Registration,
    responses((status = 201, body = SignedIn), NotFound, Conflict), security(()))]
pub async fn register(
    State(chat): State<Chat>,
    client: Client,
    Transport { secure }: Transport,
    Json(new): Json<Registration>,
) -> Result<(StatusCode, DeviceCookie, Json<SignedIn>)> {
    let authenticated = match &new.invitation {
        Some(token) => chat.register_invited(token, new.account, &client).await?,
        None => chat.register(new.account, &client).await?,
    };
    let (device, signed_in) = begin_session(&chat, authenticated, &client, secure).await?;
    Ok((StatusCode::CREATED, device, signed_in))
}

async fn begin_session(
    chat: &Chat,
    who: Authenticated,
    client: &Client,
    secure: bool,
) -> Result<(DeviceCookie, Json<SignedIn>)> {
    let device = DeviceCookie::new(&chat.device_cookie(&who, client)?, secure);
    Ok((device, Json(chat.issue_tokens(who, client).await?)))
}

/// A sign-in, with what stands in for a code if there is such.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"login": "ada", "password": "correct horse battery staple"}))]
pub struct PasswordSignIn {
    #[serde(flatten)]
    login: Login,
    /// That of an earlier `POST /auth/two-factor` with `rememberDevice`: no code is asked for.
    #[serde(default)]
    device_token: Option<String>,
}

/// The second request of a sign-in, and whether the third needs none.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"ticket": "kYp3…", "code": "492039"}))]
pub struct CodeSignIn {
    #[serde(flatten)]
    login: TwoFactorLogin,
    /// Whether later passwords are good without a code for some days: the answer has a `deviceToken` then, where the server
    /// remembers devices.
    #[serde(default)]
    remember_device: bool,
}

/// Signs in with a username or an e-mail address.
///
/// The access token goes into `Authorization: Bearer …`; the refresh token gets the next pair of tokens. A client that
/// sends the cookie of this answer with its next sign-in is not refused because others have guessed. Where the account
/// has two-factor authentication, a right password is answered with 401, the code `two_factor_required` and a `ticket`:
/// `POST /auth/two-factor` goes on with it. With a `deviceToken` that is good, no code is asked for. Where the server demands
/// two-factor authentication and the account has none, the answer has `twoFactorSetupRequired`: everything but setting it up is
/// refused with 403 and the code `two_factor_setup_required`.
#[utoipa::path(post, path = "/auth/login", tag = "auth", operation_id = "login", request_body = PasswordSignIn,
    responses((status = 200, body = SignedIn),
        (status = 401, body = SignInProblem, content_type = "application/problem+json",
            description = "The login is not good, or asks for a code")), security(()))]
pub async fn login(
    State(chat): State<Chat>,
    client: Client,
    Transport { secure }: Transport,
    Json(sign_in): Json<PasswordSignIn>,
) -> Result<(DeviceCookie, Json<SignedIn>)> {
    let client = match sign_in.device_token {
        None => client,
        token => Client {
            remembered: token,
            ..client
        },
    };
    let authenticated = chat.login(sign_in.login, &client).await?;
    begin_session(&chat, authenticated, &client, secure).await
}

/// Goes on with a sign-in that asks for a code.
///
/// With the `ticket` of the first answer, within 5 minutes and once, and a code of the authenticator app or a recovery
/// code. Each code signs in once. 422 for a wrong code, after which another one can be sent: five in 15 minutes. 401 for a
/// ticket that is not good any more: the sign-in begins again with the password. With `rememberDevice`, the answer has a
/// `deviceToken`.
#[utoipa::path(post, path = "/auth/two-factor", tag = "auth", operation_id = "loginWithCode",
    request_body = CodeSignIn,
    responses((status = 200, body = SignedIn), Unauthenticated), security(()))]
pub async fn login_with_code(
    State(chat): State<Chat>,
    client: Client,
    Transport { secure }: Transport,
    Json(sign_in): Json<CodeSignIn>,
) -> Result<(DeviceCookie, Json<SignedIn>)> {
    let authenticated = chat.sign_in_with_code(&sign_in.login, &client).await?;
    let device_token = if sign_in.remember_device {
        chat.remember_device(&authenticated, &client).await
    } else {
        None
    };
    let (device, Json(signed_in)) = begin_session(&chat, authenticated, &client, secure).await?;
    let signed_in = SignedIn {
        device_token,
        ..signed_in
    };
    Ok((device, Json(signed_in)))
}

/// Chooses a password with a link of an administrator, and signs in.
///
/// The link works once, within 30 minutes; 404 afterwards, whoever it was for. All other sessions of the user end. Where
/// the account has two-factor authentication, the password is changed, and the answer is that of `POST /auth/login`: 401
/// with `two_factor_required` and a `ticket`.
#[utoipa::path(post, path = "/auth/reset-password", tag = "auth", operation_id = "resetPassword",
    request_body = PasswordReset,
    responses((status = 200, body = SignedIn), NotFound,
        (status = 401, body = SignInProblem, content_type = "application/problem+json",
            description = "The password is changed, and a code is asked for")), security(()))]
pub async fn reset_password(
    State(chat): State<Chat>,
    client: Client,
    Transport { secure }: Transport,
    Json(reset): Json<PasswordReset>,
) -> Result<(DeviceCookie, Json<SignedIn>)> {
    let authenticated = chat.reset_password(reset, &client).await?;
    begin_session(&chat, authenticated, &client, secure).await
}

/// Asks for a mail with a link to choose another password.
///
/// By username or e-mail address. The answer is the same whether there is such a user or not: the mail goes to addresses that
/// were confirmed, and to nobody else. The link is used with `POST /auth/reset-password`. 20 requests an hour from one
/// network, and 5 mails an hour to one user. A conflict on a server that sends no mails.
#[utoipa::path(post, path = "/auth/password-resets", tag = "auth", operation_id = "requestPasswordReset",
    request_body = PasswordResetRequest,
    responses((status = 202, description = "If there is such a user, a mail is on its way"), Conflict), security(()))]
pub async fn request_password_reset(
    State(chat): State<Chat>,
    client: Client,
    Json(request): Json<PasswordResetRequest>,
) -> Result<StatusCode> {
    chat.request_password_reset(&request.login, &client).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Confirms an e-mail address with a link that was mailed to it.
///
/// Whoever has the link reads the mails of the address. It works once, within 24 hours; 404 afterwards.
#[utoipa::path(post, path = "/auth/confirm-email", tag = "auth", operation_id = "confirmEmail",
    request_body = EmailToken,
    responses((status = 200, body = EmailProof), NotFound, Conflict), security(()))]
pub async fn confirm_email(
    State(chat): State<Chat>,
    Json(used): Json<EmailToken>,
) -> Result<Json<EmailProof>> {
    Ok(Json(chat.confirm_email(&used.token).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refresh {
    refresh_token: String,
}

/// Exchanges a refresh token for a new pair of tokens.
///
/// Each has one successor: using one again within a minute gets the same successor, for the case that the answer was
/// lost. Using one later, or after its successor was used, ends the session. 403 with the code `two_factor_setup_required`
/// where the user has to set two-factor authentication up first, after which the token is as good as before.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", operation_id = "refresh",
    request_body = Refresh,
    responses((status = 200, body = SignedIn), Unauthenticated), security(()))]
pub async fn refresh(
    State(chat): State<Chat>,
    Json(refresh): Json<Refresh>,
) -> Result<Json<SignedIn>> {
    Ok(Json(chat.refresh(&refresh.refresh_token).await?))
}

/// Signs out.
///
/// Ends the session of the request, and its sockets. A token that was made elsewhere has no session here, which is a
/// conflict.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", operation_id = "logout",
    responses((status = 204), Conflict))]
pub async fn logout(
    State(chat): State<Chat>,
    CallerInSetup(caller): CallerInSetup,
) -> Result<StatusCode> {
    chat.logout(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
