//! Extractors of bodies, queries and paths. They read like axum's own, and reject with problems (RFC
//! 9457).

use crate::{
    json_faults::{fault, field_name, has_nul, is_half_character, json_reason},
    problem::ApiError,
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request},
    response::{IntoResponse, Response},
};
use chat::Error;
use http::{HeaderMap, StatusCode, header, request::Parts};
use model::ErrorCode;
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value};

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::http(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ErrorCode::Invalid,
                "Send the body as application/json.",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                let detail = match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => "The body is too large.".to_owned(),
                    _ => rejection.body_text(),
                };
                ApiError::http(rejection.status(), ErrorCode::Invalid, detail)
            })?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .map(|kind| kind.split(';').next().unwrap_or_default().trim())
        .is_some_and(|kind| {
            kind.eq_ignore_ascii_case("application/json") || kind.ends_with("+json")
        })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    // Serde would read an array as the fields of a struct, in their order.
    let is_object = bytes.trim_ascii_start().first() == Some(&b'{');
    let parsed = serde_path_to_error::deserialize(&mut json);
    match parsed {
        Ok(value) if is_object && json.end().is_ok() => match nul_field(bytes) {
            Some(field) => Err(Error::nul(field).into()),
            None => Ok(value),
        },
        parsed => Err(match (serde_json::from_slice(bytes), parsed) {
            (Err(error), _) => {
                let reason = json_reason(&error);
                ApiError::field(StatusCode::BAD_REQUEST, "body", reason)
            }
            (Ok(IgnoredAny), Err(error)) if is_object => schema_error(&error),
            (Ok(IgnoredAny), _) => ApiError::field(
                StatusCode::UNPROCESSABLE_ENTITY,
                "body",
                "must be an object",
            ),
        }),
    }
}

/// Fields of which only a hash is stored or looked up.
const HASHED: [&str; 2] = ["password", "refreshToken"];

/// The field of a JSON object that has a NUL character in its text, which Postgres cannot store.
fn nul_field(bytes: &[u8]) -> Option<String> {
    const ESCAPED: &[u8] = b"\\u0000";
    if !bytes.windows(ESCAPED.len()).any(|it| it == ESCAPED) {
        return None;
    }
    let fields: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let found = fields
        .into_iter()
        .find(|(name, value)| !HASHED.contains(&name.as_str()) && has_nul(value));
    found.map(|(name, _)| field_name(&name))
}

/// The error of valid JSON that does not fit the type.
fn schema_error(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let path = error.path().to_string();
    let path = if path == "." { "" } else { &path };
    // `IgnoredAny` has read half a character as well.
    let (field, reason) = if is_half_character(error.inner()) {
        let field = if path.is_empty() { "body" } else { path };
        (field_name(field), json_reason(error.inner()))
    } else {
        let reason = error.inner().to_string();
        let reason = reason
            .rsplit_once(" at line ")
            .map_or(&*reason, |(reason, _)| reason);
        fault(path, reason, "body")
    };
    ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, field, reason)
}

/// The parameters of the query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = parts.uri.query().unwrap_or_default();
        let mut named = form_urlencoded::parse(text.as_bytes());
        if let Some((name, _)) = named.find(|(_, value)| value.contains('\0')) {
            return Err(Error::nul(field_name(&name)).into());
        }
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|rejection| {
                let text = rejection.body_text();
                let text = text
                    .strip_prefix("Failed to deserialize query string: ")
                    .unwrap_or(&text);
                let is_whole =
                    text.starts_with("missing field") || text.starts_with("duplicate field");
                let at = text.split_once(": ").filter(|_| !is_whole);
                let (path, text) = at.unwrap_or(("", text));
                let (field, reason) = fault(path, text, "query");
                ApiError::field(StatusCode::UNPROCESSABLE_ENTITY, field, reason)
            })
    }
}

/// The parameters of the path. One that cannot be parsed answers 404.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if parts.uri.path().contains("%00") {
            return Err(Error::NotFound("address").into());
        }
        let path =
            <axum::extract::Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0))
            .map_err(|_| Error::NotFound("address").into())
    }
}

/// The header `Idempotency-Key`, which stands for the body's `clientId`.
pub struct IdempotencyKey(String);

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        let Some(key) = parts.headers.get("idempotency-key") else {
            return Ok(None);
        };
        match str::from_utf8(key.as_bytes()) {
            Ok(key) if !key.is_empty() => Ok(Some(Self(key.to_owned()))),
            _ => Err(Error::invalid("Idempotency-Key", "is not text").into()),
        }
    }
}

impl IdempotencyKey {
    /// Sets a missing `clientId` to the key. Two that differ are an error.
    pub fn fill(key: Option<Self>, client_id: &mut Option<String>) -> Result<(), ApiError> {
        let Some(Self(key)) = key else {
            return Ok(());
        };
        match client_id {
            Some(id) if *id != key => {
                Err(Error::invalid("clientId", "differs from the header Idempotency-Key").into())
            }
            _ => {
                *client_id = Some(key);
                Ok(())
            }
        }
    }
}
