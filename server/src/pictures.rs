//! Pictures of people and conversations, at the addresses that `avatarUrl`, `pictureUrl` and the fields of contracts have;
//! and the plain form with which somebody without scripts sets their own.

use crate::{
    State,
    api::input::{Path, Query},
    layers::{limit_files, limit_requests},
    problem::ApiError,
};
use app::refuse_form::problem_cookie;
use axum::{
    Router,
    extract::{self, DefaultBodyLimit, FromRequest, Multipart, Request},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chat::{Caller, Chat, Error, MAX_PICTURE_BYTES};
use http::{HeaderName, HeaderValue, StatusCode, header};
use model::{ErrorCode, PictureSize, UserId};
use serde::Deserialize;

/// The page with the form.
const PAGE: &str = "/settings";

const TOO_LARGE: &str = "A picture may have at most 4 MiB.";

/// Bytes of the form beside its file: the boundaries and names of its parts.
const FORM_OVERHEAD: usize = 16 * 1024;

/// A picture never changes, and another one has another address. Pages of other origins may show it, as those of the apps
/// whose contracts name it. Nobody can guess an address.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("image/webp")),
    (
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("inline"),
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    ),
    (
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=31536000, immutable"),
    ),
];

/// The addresses of pictures, which contracts have on their own ports, too: they name them without an origin.
pub fn files(state: &State) -> Router<State> {
    Router::new()
        .route("/pictures/{key}/{name}", get(show))
        .layer(from_fn_with_state(state.clone(), limit_files))
}

/// The forms of the page of settings.
pub fn forms(state: &State) -> Router<State> {
    Router::new()
        .route(
            "/form/picture",
            post(set).layer(DefaultBodyLimit::max(MAX_PICTURE_BYTES + FORM_OVERHEAD)),
        )
        .route("/form/picture/remove", post(remove))
        .layer(from_fn_with_state(state.clone(), limit_requests))
}

async fn show(
    extract::State(chat): extract::State<Chat>,
    Path((key, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let size = PictureSize::of_file(&name).ok_or(Error::NotFound("picture"))?;
    let webp = chat.picture(&key, size).await?;
    Ok((HEADERS, webp).into_response())
}

/// Whom a form was painted for: whoever has signed in since did not choose the file.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PaintedFor {
    of: Option<UserId>,
}

async fn set(
    extract::State(state): extract::State<State>,
    caller: Caller,
    Query(painted_for): Query<PaintedFor>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let is_secure = state.proxies.envelope_of_parts(&parts).is_secure();
    let set = async {
        painted_for.require(&caller)?;
        let bytes = file_in(Request::from_parts(parts, body)).await?;
        state.chat.set_picture(&caller, bytes).await?;
        Ok(())
    };
    answer(&state.chat, &caller, is_secure, set.await)
}

async fn remove(
    extract::State(state): extract::State<State>,
    caller: Caller,
    Query(painted_for): Query<PaintedFor>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let is_secure = state.proxies.envelope_of_parts(&parts).is_secure();
    let removed = async {
        painted_for.require(&caller)?;
        state.chat.remove_picture(&caller).await?;
        Ok(())
    };
    answer(&state.chat, &caller, is_secure, removed.await)
}

impl PaintedFor {
    fn require(&self, caller: &Caller) -> Result<(), Error> {
        match self.of {
            Some(user) if user != caller.user_id => Err(Error::Forbidden(
                "Somebody else has signed in since this form was shown. Nothing was done.",
            )),
            _ => Ok(()),
        }
    }
}

/// The file of a form that has one.
async fn file_in(request: Request) -> Result<Vec<u8>, ApiError> {
    let unread = |status: StatusCode, detail: String| {
        let (code, detail) = match status {
            StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::TooLarge, TOO_LARGE.to_owned()),
            _ => (ErrorCode::Invalid, detail),
        };
        ApiError::http(status, code, detail)
    };
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|it| unread(it.status(), it.body_text()))?;
    loop {
        let field = form.next_field().await;
        let field = field.map_err(|it| unread(it.status(), it.body_text()))?;
        let field = field.ok_or_else(|| Error::invalid("picture", "is missing"))?;
        if field.name() == Some("picture") {
            let bytes = field.bytes().await;
            let bytes = bytes.map_err(|it| unread(it.status(), it.body_text()))?;
            if bytes.is_empty() {
                return Err(Error::invalid("picture", "is missing: choose a file first").into());
            }
            return Ok(bytes.into());
        }
    }
}

/// The page with the form, and why it was refused.
fn answer(
    chat: &Chat,
    caller: &Caller,
    is_secure: bool,
    result: Result<(), ApiError>,
) -> Result<Response, ApiError> {
    let mut response = Redirect::to(PAGE).into_response();
    if let Err(error) = result {
        error.log();
        let cookie = problem_cookie(chat, PAGE, Some(caller.user_id), error.problem(), is_secure)?;
        let cookie = HeaderValue::try_from(cookie.to_string()).map_err(Error::internal)?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
