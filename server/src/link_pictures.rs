//! The pictures of link previews. The server has made them itself: WebP, without metadata, and small.

use crate::{State, api::input::Path, layers::limit_files, problem::ApiError};
use axum::{
    Router, extract,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use chat::Chat;
use http::{HeaderName, HeaderValue, header};

/// A picture never changes. Who has seen it may keep it for a day; nobody can guess its address.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
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
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=86400, immutable"),
    ),
];

pub fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/link-pictures/{key}", get(show))
        .layer(from_fn_with_state(state.clone(), limit_files))
}

async fn show(
    extract::State(chat): extract::State<Chat>,
    Path(key): Path<String>,
) -> Result<Response, ApiError> {
    let webp = chat.link_picture(&key).await?;
    Ok((HEADERS, webp).into_response())
}
