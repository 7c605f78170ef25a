//! The headers of tus 1.0.0, the protocol of resumable uploads (<https://tus.io/protocols/resumable-upload>).

use crate::{State, problem::ApiError};
use axum::{
    extract::{self, FromRequestParts, Request},
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use chat::Error;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use model::{ErrorCode, NewVoice};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

pub const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");

pub const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");

const EXTENSIONS: HeaderValue =
    HeaderValue::from_static("creation,creation-with-upload,expiration,termination");

const BYTES: &str = "application/offset+octet-stream";

/// Headers of answers that pages of other origins may read.
pub const EXPOSED: [HeaderName; 8] = [
    header::LOCATION,
    TUS_RESUMABLE,
    UPLOAD_OFFSET,
    UPLOAD_LENGTH,
    UPLOAD_EXPIRES,
    TUS_VERSION,
    TUS_EXTENSION,
    TUS_MAX_SIZE,
];

/// Headers of extensions that the server does not have. Passed over, they would change what an upload is.
const UNKNOWN: [HeaderName; 3] = [
    HeaderName::from_static("upload-defer-length"),
    HeaderName::from_static("upload-concat"),
    HeaderName::from_static("upload-checksum"),
];

/// A request of the version that the server speaks, without extensions that it does not have.
pub struct Version;

impl FromRequestParts<State> for Version {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, ApiError> {
        if parts.headers.get(TUS_RESUMABLE) != Some(&VERSION) {
            return Err(ApiError::http(
                StatusCode::PRECONDITION_FAILED,
                ErrorCode::Invalid,
                "Send `Tus-Resumable: 1.0.0`.",
            ));
        }
        match UNKNOWN.iter().find(|it| parts.headers.contains_key(*it)) {
            None => Ok(Self),
            Some(name) => Err(ApiError::field(
                StatusCode::BAD_REQUEST,
                name.as_str(),
                "is of an extension of tus that this server does not have",
            )),
        }
    }
}

/// Whether requests to the path bring the bytes of files, which may take longer and more than others.
pub fn brings_bytes(request: &Request) -> bool {
    let is_uploads = request.uri().path().starts_with("/api/v1/uploads");
    is_uploads && matches!(*request.method(), Method::POST | Method::PATCH)
}

/// Says what the server can to a client that asks by OPTIONS.
pub async fn announce(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let is_asked =
        request.method() == Method::OPTIONS && request.uri().path().starts_with("/api/v1/uploads");
    let mut response = next.run(request).await;
    if is_asked {
        let headers = response.headers_mut();
        headers.insert(TUS_RESUMABLE, VERSION);
        headers.insert(TUS_VERSION, VERSION);
        headers.insert(TUS_EXTENSION, EXTENSIONS);
        headers.insert(TUS_MAX_SIZE, state.chat.max_upload_bytes().into());
    }
    response
}

/// Whether the body is bytes of the file.
pub fn has_bytes(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|it| it == BYTES)
}

/// The number in a header that must be there.
pub fn number(headers: &HeaderMap, name: &HeaderName) -> Result<i64, ApiError> {
    let text = headers.get(name).and_then(|it| it.to_str().ok());
    // Digits alone: Rust would take a sign as well.
    let digits = text.filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|it| it.parse::<i64>().ok());
    number.ok_or_else(|| {
        ApiError::field(
            StatusCode::BAD_REQUEST,
            name.as_str(),
            "must be a number of bytes",
        )
    })
}

/// What `Upload-Metadata` says of the file; empty where it says nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    pub filename: String,
    pub filetype: String,
    /// Of a voice message: one with a waveform.
    pub voice: Option<NewVoice>,
}

/// Names with values in base64, separated by commas. Other names are passed over.
pub fn metadata(headers: &HeaderMap) -> Result<Metadata, ApiError> {
    let mut metadata = Metadata::default();
    let Some(text) = headers.get(UPLOAD_METADATA) else {
        return Ok(metadata);
    };
    let wrong = || {
        ApiError::from(Error::invalid(
            "Upload-Metadata",
            "must be names with values in base64",
        ))
    };
    let text = text.to_str().map_err(|_| wrong())?;
    let (mut duration, mut waveform) = (None, None);
    for pair in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = BASE64_STANDARD.decode(value.trim()).map_err(|_| wrong())?;
        let text = |value| String::from_utf8(value).map_err(|_| wrong());
        match name {
            "filename" => metadata.filename = text(value)?,
            "filetype" => metadata.filetype = text(value)?,
            "duration" => duration = milliseconds(&value),
            "waveform" => waveform = Some(value),
            _ => {}
        }
    }
    // Without a waveform, a length is what the client has noted for itself.
    metadata.voice = waveform.map(|waveform| NewVoice {
        duration: duration.unwrap_or_default(),
        waveform,
    });
    Ok(metadata)
}

/// Digits alone.
fn milliseconds(value: &[u8]) -> Option<i64> {
    let is_number = value.iter().all(u8::is_ascii_digit);
    str::from_utf8(value)
        .ok()
        .filter(|_| is_number)?
        .parse()
        .ok()
}

/// A time as HTTP writes it (RFC 9110, IMF-fixdate).
pub fn http_date(at: OffsetDateTime) -> Option<HeaderValue> {
    const FORMAT: &[BorrowedFormatItem<'_>] = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    HeaderValue::try_from(at.to_offset(time::UtcOffset::UTC).format(FORMAT).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Metadata, NewVoice, UPLOAD_METADATA, http_date, metadata};
    use http::{HeaderMap, HeaderValue};
    use time::OffsetDateTime;

    #[test]
    fn metadata_is_pairs_in_base64() {
        let of = |text| {
            let mut headers = HeaderMap::new();
            headers.insert(UPLOAD_METADATA, HeaderValue::from_static(text));
            metadata(&headers).ok()
        };
        let named = Metadata {
            filename: "house.jpg".to_owned(),
            filetype: "image/jpeg".to_owned(),
            voice: None,
        };
        let text = "filename aG91c2UuanBn,is_confidential, filetype aW1hZ2UvanBlZw==";
        assert_eq!(of(text), Some(named));
        assert_eq!(of("filename !"), None);
        let voice = |text| of(text).and_then(|it| it.voice);
        let said = NewVoice {
            duration: 12_500,
            waveform: vec![0, 8, 255],
        };
        assert_eq!(voice("duration MTI1MDA=,waveform AAj/"), Some(said));
        assert_eq!(voice("duration MTI1MDA="), None);
        // What is no number is refused by the verb.
        assert_eq!(
            voice("duration LTE=,waveform AAj/").map(|it| it.duration),
            Some(0)
        );
    }

    #[test]
    fn times_are_those_of_http() {
        let at = http_date(OffsetDateTime::UNIX_EPOCH);
        assert_eq!(at.unwrap(), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
