//! The content of files and of their thumbnails, at the addresses that attachments have.
//!
//! A browser never runs what it gets here: the type is that of the bytes, everything is sandboxed, and only pictures,
//! video and audio are shown in place.

use crate::{
    State,
    api::input::Path,
    byte_range::{Requested, requested_range},
    layers::limit_files,
    problem::ApiError,
};
use axum::{
    Router,
    body::Body,
    extract,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use chat::{Caller, Chat, Content, Error};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use model::UploadId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Nothing of the file may run or load anything, even when it is opened on its own.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// Whoever leaves a conversation must not find its files in a cache: the server is asked each time.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, no-cache");

pub fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/uploads/{id}/{name}", get(show))
        .route("/uploads/{id}/thumbnails/{name}", get(show_thumbnail))
        .layer(from_fn_with_state(state.clone(), limit_files))
}

async fn show(
    extract::State(chat): extract::State<Chat>,
    caller: Caller,
    Path((id, _name)): Path<(UploadId, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let content = chat.content(&caller, id).await?;
    Ok(respond(&chat, &content, &method, &headers).await?)
}

async fn show_thumbnail(
    extract::State(chat): extract::State<Chat>,
    caller: Caller,
    Path((id, name)): Path<(UploadId, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let content = chat.thumbnail(&caller, id, &name).await?;
    Ok(respond(&chat, &content, &method, &headers).await?)
}

async fn respond(
    chat: &Chat,
    content: &Content,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let tag = etag(content)?;
    if is_known(headers, &tag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        response.headers_mut().insert(header::ETAG, tag);
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, CACHE_CONTROL);
        return Ok(response);
    }
    let (status, range) = match requested_range(headers, content.size, &tag) {
        Requested::Whole => (StatusCode::OK, 0..content.size),
        Requested::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Requested::Unsatisfiable => {
            let size = format!("bytes */{}", content.size);
            let size = HeaderValue::try_from(size).map_err(Error::internal)?;
            let headers = [(header::CONTENT_RANGE, size)];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    let len = range.end - range.start;
    let part = format!(
        "bytes {}-{}/{}",
        range.start,
        range.end.saturating_sub(1),
        content.size
    );
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        // With its first bytes: a store that does not answer is an error, and no body that ends.
        let mut pieces = Box::pin(chat.read_content(content, range));
        let first = pieces.try_next().await?;
        Body::from_stream(stream::iter(first.map(Ok)).chain(pieces))
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    describe(headers, content, tag)?;
    headers.insert(header::CONTENT_LENGTH, len.into());
    if status == StatusCode::PARTIAL_CONTENT {
        let part = HeaderValue::try_from(part).map_err(Error::internal)?;
        headers.insert(header::CONTENT_RANGE, part);
    }
    Ok(response)
}

fn describe(headers: &mut HeaderMap, content: &Content, tag: HeaderValue) -> Result<(), Error> {
    let values: [(HeaderName, HeaderValue); 6] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::try_from(&content.content_type).map_err(Error::internal)?,
        ),
        (header::CONTENT_DISPOSITION, disposition(content)?),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, CACHE_CONTROL),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::ETAG, tag),
    ];
    headers.extend(values);
    Ok(())
}

/// The bytes of an upload and of its thumbnails never change.
fn etag(content: &Content) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(format!("\"{}-{}\"", content.id, content.size)).map_err(Error::internal)
}

fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter();
    tags.filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .any(|it| {
            it.trim().trim_start_matches("W/").as_bytes() == tag.as_bytes() || it.trim() == "*"
        })
}

/// How the file is shown, and its name for saving it (RFC 6266).
fn disposition(content: &Content) -> Result<HeaderValue, Error> {
    let how = if content.is_inline {
        "inline"
    } else {
        "attachment"
    };
    let name = utf8_percent_encode(&content.name, NON_ALPHANUMERIC);
    HeaderValue::try_from(format!("{how}; filename*=UTF-8''{name}")).map_err(Error::internal)
}
