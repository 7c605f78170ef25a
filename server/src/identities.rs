//! The addresses of single sign-on, below `/sso/{provider}`: where browsers set out to a provider and come back, and where
//! the provider ends sessions.

use crate::{
    State,
    api::input::Path,
    auth, client,
    layers::{keep_uncompressed, limit_requests},
    problem::ApiError,
};
use app::{
    IDENTITIES_PATH, escape_html,
    refuse_form::problem_cookie,
    request_context::{device_cookie, session_cookie},
    session::{
        CODE_PATH, attempt_cookie, attempt_cookie_name, form_path, safe_redirect_path,
        ticket_cookie,
    },
};
use axum::{
    Form, Json, Router,
    extract::{self, DefaultBodyLimit, Query},
    middleware::{from_fn_with_state, map_response},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::Cookie;
use chat::{Caller, Error, ProviderAnswer};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use serde::Deserialize;
use serde_json::json;

/// Bytes of the longest body: a logout token.
const BODY_LIMIT: usize = 32 * 1024;

pub fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/sso/{provider}", get(begin))
        .route("/sso/{provider}/continue", get(go_on))
        .route("/sso/{provider}/callback", get(come_back))
        .route("/sso/{provider}/sign-out", get(sign_out))
        .route("/sso/{provider}/logout", post(log_out))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response(keep_uncompressed))
        .layer(map_response(forbid_caches))
        .layer(from_fn_with_state(state.clone(), limit_requests))
}

async fn forbid_caches(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

/// What a provider adds to the redirect URI.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Sends a browser to the provider.
async fn begin(
    extract::State(state): extract::State<State>,
    Path(provider): Path<String>,
    Query(Next { next }): Query<Next>,
    parts: Parts,
) -> Result<Response, ApiError> {
    let next = safe_redirect_path(&next);
    match state.chat.begin_provider_sign_in(&provider, next).await {
        Ok(begun) => {
            let cookie = attempt_cookie(&provider, &begun.attempt, is_secure(&state, &parts));
            redirect(&begun.address, &[cookie])
        }
        Err(error) => refuse(&state, &parts, &form_path("/sign-in", next), None, error),
    }
}

/// Sends a browser to the provider that has submitted a form. The policy of its page lets a form lead to this server
/// only, redirects included, so that a page of its own leads on.
async fn go_on(
    extract::State(state): extract::State<State>,
    Path(provider): Path<String>,
    parts: Parts,
) -> Result<Response, ApiError> {
    let attempt = attempt_of(&state, &parts, &provider).unwrap_or_default();
    match state.chat.continue_at_provider(&provider, &attempt).await {
        Ok(address) => Ok(leave(&address)),
        Err(error) => {
            let caller = caller(&state, &parts.headers).await?;
            refuse(&state, &parts, IDENTITIES_PATH, caller.as_ref(), error)
        }
    }
}

/// A browser comes back from the provider.
async fn come_back(
    extract::State(state): extract::State<State>,
    Path(provider): Path<String>,
    Query(answer): Query<Answer>,
    parts: Parts,
) -> Result<Response, ApiError> {
    let answer = ProviderAnswer {
        code: answer.code,
        state: answer.state,
        iss: answer.iss,
        error: answer.error,
    };
    let (caller, client) = (
        caller(&state, &parts.headers).await?,
        client::from_parts(&parts, &state.proxies),
    );
    let attempt = attempt_of(&state, &parts, &provider);
    let finished = state
        .chat
        .finish_provider_sign_in(
            &provider,
            attempt.as_deref(),
            &answer,
            caller.as_ref(),
            &client,
        )
        .await;
    let next = safe_redirect_path(&finished.next);
    let mut response = match finished.outcome {
        Ok(None) => redirect(&format!("{IDENTITIES_PATH}?linked=yes"), &[])?,
        Ok(Some(who)) => begin_session(&state, &parts, &who, next, &client).await?,
        Err(Error::TwoFactorRequired(ticket)) => {
            let cookie = ticket_cookie(&ticket, is_secure(&state, &parts));
            redirect(&form_path(CODE_PATH, next), &[cookie])?
        }
        Err(error) => {
            let page = if finished.is_link {
                IDENTITIES_PATH.to_owned()
            } else {
                form_path("/sign-in", next)
            };
            refuse(&state, &parts, &page, caller.as_ref(), error)?
        }
    };
    if attempt.is_some() {
        let forgotten = attempt_cookie(&provider, "", is_secure(&state, &parts));
        append(response.headers_mut(), &forgotten)?;
    }
    Ok(response)
}

/// As after a password: a session of the browser.
async fn begin_session(
    state: &State,
    parts: &Parts,
    who: &chat::Authenticated,
    next: &str,
    client: &chat::Client,
) -> Result<Response, ApiError> {
    let (chat, is_secure) = (&state.chat, is_secure(state, parts));
    let device = chat.device_cookie(who, client)?;
    let session = chat.issue_cookie(who, client).await?;
    let name = auth::new_session_cookie(chat, &state.proxies.envelope_of_parts(parts));
    let cookies = [
        device_cookie(&device, is_secure),
        session_cookie(&session, &name),
    ];
    redirect(next, &cookies)
}

/// Sends a browser, which has submitted the form of signing out, to the provider's page that signs out there. Where the
/// provider does not answer, it is signed out here.
async fn sign_out(
    extract::State(state): extract::State<State>,
    Path(provider): Path<String>,
) -> Result<Response, ApiError> {
    match state.chat.sign_out_address(&provider).await {
        Ok(address) => Ok(leave(&address)),
        Err(_) => redirect("/sign-in", &[]),
    }
}

#[derive(Deserialize)]
struct Logout {
    logout_token: String,
}

/// The provider ends sessions (OpenID Connect Back-Channel Logout, 2.5).
async fn log_out(
    extract::State(state): extract::State<State>,
    Path(provider): Path<String>,
    form: Result<Form<Logout>, extract::rejection::FormRejection>,
) -> Response {
    let refused = |status, code| (status, Json(json!({ "error": code }))).into_response();
    let Ok(Form(Logout { logout_token })) = form else {
        return refused(StatusCode::BAD_REQUEST, "invalid_request");
    };
    let ended = state
        .chat
        .end_sessions_of_provider(&provider, &logout_token)
        .await;
    match ended {
        Ok(()) => StatusCode::OK.into_response(),
        Err(Error::NotFound(_)) => refused(StatusCode::NOT_FOUND, "invalid_request"),
        Err(Error::Unauthenticated(_)) => refused(StatusCode::BAD_REQUEST, "invalid_request"),
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn caller(state: &State, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    let session = auth::cookie_session(&state.chat, headers).await?;
    // Who owes a second factor links nothing before it is there.
    Ok(session.and_then(|(caller, _)| caller.ready().ok()))
}

fn is_secure(state: &State, parts: &Parts) -> bool {
    state.proxies.envelope_of_parts(parts).is_secure()
}

fn attempt_of(state: &State, parts: &Parts, provider: &str) -> Option<String> {
    let name = attempt_cookie_name(provider, is_secure(state, parts));
    auth::cookie(&parts.headers, &name)
}

/// Shows an error on a page, which is none of a program.
fn refuse(
    state: &State,
    parts: &Parts,
    page: &str,
    caller: Option<&Caller>,
    error: Error,
) -> Result<Response, ApiError> {
    let error = ApiError::from(error);
    error.log();
    let path = page.split('?').next().unwrap_or_default();
    let user = caller.map(|it| it.user_id);
    let cookie = problem_cookie(
        &state.chat,
        path,
        user,
        error.problem(),
        is_secure(state, parts),
    )?;
    redirect(page, &[cookie])
}

fn redirect(address: &str, cookies: &[Cookie<'_>]) -> Result<Response, ApiError> {
    let address = HeaderValue::try_from(address).map_err(Error::internal)?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response();
    for cookie in cookies {
        append(response.headers_mut(), cookie)?;
    }
    Ok(response)
}

fn append(headers: &mut HeaderMap, cookie: &Cookie<'_>) -> Result<(), ApiError> {
    let cookie = HeaderValue::try_from(cookie.to_string()).map_err(Error::internal)?;
    headers.append(header::SET_COOKIE, cookie);
    Ok(())
}

/// A page that leads to a provider at once, without scripts.
fn leave(address: &str) -> Response {
    let address = escape_html(address);
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta http-equiv=\"refresh\" content=\"0;url={address}\"><title>Parlance</title></head>\
         <body><main><h1>Parlance</h1><p><a href=\"{address}\">Continue</a></p></main></body></html>"
    ))
    .into_response()
}
