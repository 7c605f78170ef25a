//! The error responses of the `OpenAPI` document: which an operation may give, and what each means.
//!
//! Most follow from what an operation takes, since an extractor gives them: `add_refusals`. The
//! others are named by the handler, with the types of this file.

use http::StatusCode;
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses,
    openapi::{
        Content, OpenApi, Ref, RefOr, Response,
        path::{Operation, ParameterIn, PathItem},
        response::ResponseBuilder,
    },
};

/// 401 from an endpoint without security: a password or a refresh token that is not good.
pub struct Unauthenticated;

/// 403 from an endpoint that only reads: it is for administrators.
pub struct Forbidden;

/// 404 for something that is named by the body or the query.
pub struct NotFound;

/// 409: the input is valid, but not in the present state.
pub struct Conflict;

/// 422 for a text in the path.
pub struct Invalid;

/// What tus answers besides: headers that are no numbers, another version, another type of body, and files for which
/// there is no room.
pub struct TusRefusals;

/// What is answered to a picture besides: it is too large, or it is none that can be shown.
pub struct PictureRefusals;

impl IntoResponses for Unauthenticated {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals([StatusCode::UNAUTHORIZED])
    }
}

impl IntoResponses for Forbidden {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals([StatusCode::FORBIDDEN])
    }
}

impl IntoResponses for NotFound {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals([StatusCode::NOT_FOUND])
    }
}

impl IntoResponses for Conflict {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals([StatusCode::CONFLICT])
    }
}

impl IntoResponses for Invalid {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals([StatusCode::UNPROCESSABLE_ENTITY])
    }
}

impl IntoResponses for TusRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals([
            StatusCode::BAD_REQUEST,
            StatusCode::PRECONDITION_FAILED,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::INSUFFICIENT_STORAGE,
        ])
    }
}

impl IntoResponses for PictureRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals([
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ])
    }
}

fn refusals(statuses: impl IntoIterator<Item = StatusCode>) -> BTreeMap<String, RefOr<Response>> {
    statuses
        .into_iter()
        .map(|status| (status.as_str().to_owned(), refusal(status).into()))
        .collect()
}

fn refusal(status: StatusCode) -> Response {
    ResponseBuilder::new()
        .description(description(status))
        .content(
            "application/problem+json",
            Content::new(Some(Ref::from_schema_name("Problem"))),
        )
        .build()
}

fn description(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "The body is not JSON, or a header is no number",
        StatusCode::UNAUTHORIZED => "Not signed in, or the login is not good",
        StatusCode::FORBIDDEN => "Not allowed, to this user or to pages of this origin",
        StatusCode::REQUEST_TIMEOUT => "The body did not arrive in time",
        StatusCode::NOT_FOUND => "Does not exist, or not for the caller",
        StatusCode::CONFLICT => "Conflicts with what is there",
        StatusCode::PRECONDITION_FAILED => "Another version of tus than 1.0.0",
        StatusCode::PAYLOAD_TOO_LARGE => "The body or the file is too large",
        StatusCode::INSUFFICIENT_STORAGE => "No room for more files",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "The body is not of the type that the operation takes"
        }
        StatusCode::UNPROCESSABLE_ENTITY => "Invalid input; `errors` has the fields",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests; try again after `Retry-After` seconds",
        StatusCode::SERVICE_UNAVAILABLE => "Unavailable; try again after `Retry-After` seconds",
        _ => "Failed, and written down",
    }
}

/// Adds to every operation the refusals that follow from what it takes.
pub fn add_refusals(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for (is_safe, operation) in operations(item) {
            for (status, response) in refusals(statuses(is_safe, operation)) {
                let responses = &mut operation.responses.responses;
                responses.entry(status).or_insert(response);
            }
        }
    }
}

/// The operations of a path, each with whether its method changes nothing.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let safe = [item.get.as_mut()];
    let unsafe_methods = [
        item.post.as_mut(),
        item.put.as_mut(),
        item.patch.as_mut(),
        item.delete.as_mut(),
    ];
    let safe = safe.into_iter().flatten().map(|it| (true, it));
    safe.chain(unsafe_methods.into_iter().flatten().map(|it| (false, it)))
}

fn statuses(is_safe: bool, operation: &Operation) -> Vec<StatusCode> {
    // The limit of requests, a fault, and a database that does not answer.
    let mut statuses = vec![
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let is_open = operation.security.as_ref().is_some_and(Vec::is_empty);
    if !is_open {
        // 403: a blocked user's token of another issuer.
        statuses.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
    }
    if !is_safe {
        // `layers::reject_foreign_origins`.
        statuses.push(StatusCode::FORBIDDEN);
    }
    if operation.request_body.is_some() {
        statuses.extend([
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
    for parameter in operation.parameters.iter().flatten() {
        statuses.push(match parameter.parameter_in {
            ParameterIn::Path => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        });
    }
    statuses
}
