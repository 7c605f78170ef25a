//! The server functions of signing in and out, and registering.

use crate::error::AppError;
use leptos::prelude::*;

#[server(prefix = "/form", endpoint = "sign-in")]
pub async fn sign_in(
    login: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use super::begin_session::{begin_session, form_path};
    use crate::{refuse_form::refuse_form, request_context};
    let filled_in = [("login", login.clone())];
    let signed_in = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = chat.login(model::Login { login, password }, &client);
        begin_session(caller.await, &next, AppError::from).await
    };
    refuse_form(&form_path("/sign-in", &next), &filled_in, signed_in.await)
}

#[server(prefix = "/form", endpoint = "register")]
pub async fn register(
    username: String,
    #[server(default)] name: String,
    #[server(default)] email: String,
    password: String,
    #[server(default)] next: String,
    #[server(default)] invitation: String,
) -> Result<(), AppError> {
    use super::{
        attempts::attempt_error,
        begin_session::{begin_session, form_path},
    };
    use crate::{refuse_form::refuse_form, request_context};
    let filled_in = [
        ("username", username.clone()),
        ("name", name.clone()),
        ("email", email.clone()),
    ];
    let registered = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let non_empty = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let login = model::Login {
            login: username.clone(),
            password: password.clone(),
        };
        let new = model::Register {
            username,
            password,
            name: non_empty(name),
            email: non_empty(email),
        };
        let registered = match invitation.as_str() {
            "" => chat.register(new, &client).await,
            token => chat.register_invited(token, new, &client).await,
        };
        let caller = match registered {
            // The form may have been sent twice: the account is theirs whose password it has.
            Err(error @ chat::Error::Conflict(_)) => {
                chat.login(login, &client).await.map_err(|_| error)
            }
            registered => registered,
        };
        begin_session(caller, &next, attempt_error).await
    };
    let page = match invitation.as_str() {
        "" => form_path("/register", &next),
        token => format!("/invite/{}", request_context::percent_encode(token)),
    };
    refuse_form(&page, &filled_in, registered.await)
}

/// Joins the conversations of an invitation.
#[server(prefix = "/form", endpoint = "join-invited")]
pub async fn join_invited(token: String) -> Result<(), AppError> {
    use crate::{refuse_form::refuse_form, request_context};
    let joined = async {
        let caller = request_context::caller()?;
        let chat = request_context::chat();
        chat.join_invited(&caller, &token).await?;
        leptos_axum::redirect("/");
        Ok(())
    };
    let page = format!("/invite/{}", request_context::percent_encode(&token));
    refuse_form(&page, &[], joined.await)
}

/// Chooses a password with a link, and signs in.
#[server(prefix = "/form", endpoint = "reset-password")]
pub async fn reset_password(token: String, password: String) -> Result<(), AppError> {
    use super::{attempts::attempt_error, begin_session::begin_session};
    use crate::{refuse_form::refuse_form, request_context};
    let page = format!("/reset/{}", request_context::percent_encode(&token));
    let chosen = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let reset = model::PasswordReset { token, password };
        let caller = chat.reset_password(reset, &client).await;
        begin_session(caller, "", attempt_error).await
    };
    refuse_form(&page, &[], chosen.await)
}

/// Signing out twice is signing out.
#[server(prefix = "/form", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::request_context;
    let mut provider = None;
    if let Ok(caller) = request_context::caller_in_setup() {
        let chat = request_context::chat();
        provider = chat.provider_to_sign_out_at(&caller).await?;
        chat.logout(&caller).await?;
    }
    request_context::remove_session_cookie();
    crate::shown_once::forget_shown();
    let page = provider.map(|id| format!("/sso/{id}/sign-out"));
    leptos_axum::redirect(page.as_deref().unwrap_or("/sign-in"));
    Ok(())
}
