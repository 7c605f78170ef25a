//! Endpoints of the caller's uploads: the protocol tus 1.0.0, with what each upload is as JSON.

use crate::{
    api::{prelude::*, tus},
    problem::ApiError,
};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use chat::Error;
use http::{HeaderMap, HeaderValue, header};
use model::{ErrorCode, NewUpload, Upload, UploadId};
use tus::{TUS_RESUMABLE, UPLOAD_EXPIRES, UPLOAD_LENGTH, UPLOAD_OFFSET};

/// Begins an upload.
///
/// The protocol is tus 1.0.0, so that any client of it works; `docs/files.md` says how. `Upload-Metadata` has `filename` and
/// `filetype`, and of a voice message its `duration` and its `waveform`: milliseconds in digits, and at most 100 amplitudes of a byte
/// each. With `Content-Type: application/offset+octet-stream` the body is the beginning of the file, or all of it.
/// A retry with the same `Idempotency-Key` answers 200 with the first upload.
#[utoipa::path(post, path = "/uploads", tag = "uploads", operation_id = "createUpload",
    params(("Tus-Resumable" = String, Header, description = "`1.0.0`"),
        ("Upload-Length" = i64, Header, description = "Bytes of the file"),
        ("Upload-Metadata" = Option<String>, Header, description = "Names and values in base64: `filename aG91c2UuanBn,filetype aW1hZ2UvanBlZw==`; of a voice message also `duration MTI1MDA=,waveform AAhAf//gQAg=`"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same for a retry")),
    request_body(content = Option<Vec<u8>>, content_type = "application/offset+octet-stream",
        description = "The first bytes of the file, if the request has some"),
    responses((status = 201, body = Upload, description = "Begun; `Location` has its address"),
        (status = 200, body = Upload, description = "Begun before, by a request with the same key"),
        TusRefusals, Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    _: tus::Version,
    key: Option<IdempotencyKey>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let metadata = tus::metadata(&headers)?;
    let mut new = NewUpload {
        name: metadata.filename,
        content_type: metadata.filetype,
        size: tus::number(&headers, &UPLOAD_LENGTH)?,
        client_id: None,
        voice: metadata.voice,
    };
    IdempotencyKey::fill(key, &mut new.client_id)?;
    let (mut upload, existed) = chat.create_upload(&caller, new).await?;
    if tus::has_bytes(&headers) && !existed {
        let bytes = body.into_data_stream();
        upload = chat.receive_upload(&caller, upload.id, 0, bytes).await?;
    }
    let location = format!("/api/v1/uploads/{}", upload.id);
    let mut response = (status_created(existed), Json(&upload)).into_response();
    let location = HeaderValue::try_from(location).map_err(Error::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(described(response, &upload))
}

/// Shows an upload of the caller's.
///
/// `HEAD` answers with the headers of tus: `Upload-Offset`, `Upload-Length`, `Upload-Expires`.
#[utoipa::path(get, path = "/uploads/{id}", tag = "uploads", operation_id = "showUpload",
    params(("id" = UploadId, Path)),
    responses((status = 200, body = Upload)))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UploadId>,
) -> Result<Response> {
    let upload = chat.upload(&caller, id).await?;
    Ok(described(Json(&upload).into_response(), &upload))
}

/// Appends bytes to an upload.
///
/// Another offset than that of the upload is a conflict. When the body breaks off, what has arrived is kept.
#[utoipa::path(patch, path = "/uploads/{id}", tag = "uploads", operation_id = "appendToUpload",
    params(("id" = UploadId, Path),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
        ("Upload-Offset" = i64, Header, description = "Where the bytes begin")),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "Stored; `Upload-Offset` has the new offset"),
        TusRefusals, Conflict))]
pub async fn append(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UploadId>,
    _: tus::Version,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    if !tus::has_bytes(&headers) {
        return Err(ApiError::http(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::Invalid,
            "Send the bytes as application/offset+octet-stream.",
        ));
    }
    let offset = tus::number(&headers, &UPLOAD_OFFSET)?;
    let bytes = body.into_data_stream();
    let upload = chat.receive_upload(&caller, id, offset, bytes).await?;
    Ok(described(StatusCode::NO_CONTENT.into_response(), &upload))
}

/// Deletes an upload of the caller's.
///
/// One that a message has, sent or scheduled, is a conflict: it goes with the message. Drafts that have it lose it.
#[utoipa::path(delete, path = "/uploads/{id}", tag = "uploads", operation_id = "deleteUpload",
    params(("id" = UploadId, Path)),
    responses((status = 204, description = "Deleted"), Conflict))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UploadId>,
) -> Result<Response> {
    chat.delete_upload(&caller, id).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(TUS_RESUMABLE, tus::VERSION);
    Ok(response)
}

/// The response with the headers of tus.
fn described(mut response: Response, upload: &Upload) -> Response {
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, tus::VERSION);
    headers.insert(UPLOAD_OFFSET, upload.offset.into());
    headers.insert(UPLOAD_LENGTH, upload.size.into());
    if let Some(expires) = tus::http_date(upload.expires_at) {
        headers.insert(UPLOAD_EXPIRES, expires);
    }
    response
}
