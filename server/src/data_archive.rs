//! The file of an export of personal data, as it is made: for the page that has proved who asks, and for the public API.

use crate::{State, api::input::Path, layers::limit_requests, problem::ApiError};
use axum::{
    Router,
    body::Body,
    extract,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use chat::{Caller, Chat, DataExport, Error};
use http::{HeaderName, HeaderValue, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/settings/data/archive/{ticket}", get(show))
        .layer(from_fn_with_state(state.clone(), limit_requests))
}

/// The form of the page has given the ticket, which is good for a minute and for its user alone.
async fn show(
    extract::State(chat): extract::State<Chat>,
    caller: Caller,
    Path(ticket): Path<String>,
) -> Result<Response, ApiError> {
    let export = chat.open_data_export(&caller, &ticket).await?;
    respond(export)
}

/// What becomes of it once it has begun is in its end: a file that was broken off has none.
pub fn respond(export: DataExport) -> Result<Response, ApiError> {
    let name = utf8_percent_encode(&export.username, NON_ALPHANUMERIC);
    let disposition = format!("attachment; filename*=UTF-8''parlance-{name}.zip");
    let headers: [(HeaderName, HeaderValue); 3] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/zip"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::try_from(disposition).map_err(Error::internal)?,
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(export.into_stream())).into_response())
}
