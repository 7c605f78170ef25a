//! A form that a browser submitted by itself and no server function has read: which page it is of, and what it says.

use crate::problem::ApiError;
use app::refused_form::RefusedForm;
use axum::{
    body::{Body, Bytes, to_bytes},
    response::Response,
};
use chat::Caller;
use http::{HeaderMap, StatusCode, Uri, header, request::Parts};
use model::{ErrorCode, Problem};
use std::collections::BTreeMap;

/// Bytes of a request body: enough for a form with the longest message.
pub const BODY_LIMIT: usize = 256 * 1024;

/// What the paths of the pages begin with that say why a form was refused.
const PAGES_OF_FORMS: [&str; 7] = [
    "/c/",
    "/new",
    "/settings",
    "/administration/",
    "/sign-in",
    "/register",
    "/forgotten-password",
];

/// Whether a browser shows the answer as a page.
pub fn is_plain(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept
        .and_then(|it| it.to_str().ok())
        .is_some_and(|it| it.contains("text/html"))
}

pub async fn read(body: Body) -> Result<Bytes, ApiError> {
    to_bytes(body, BODY_LIMIT).await.map_err(|_| {
        ApiError::http(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::Invalid,
            "The form is too long, or did not arrive as a whole.",
        )
    })
}

/// Whether this is the answer for programs to what could not be read. Every server function that ran has led to
/// a page.
pub fn is_unread(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    answer.status().as_u16() >= 400 && !is_page
}

/// The form, for its page; `Err` with what is to be said where that page is not known.
pub fn of(
    parts: &Parts,
    body: &[u8],
    caller: Option<&Caller>,
    status: StatusCode,
) -> Result<RefusedForm, Problem> {
    let fields: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let problem = problem(status);
    let Some(path) = page_of(parts, &fields) else {
        return Err(problem);
    };
    // Nobody reads what somebody else has written here.
    let is_theirs = parts.uri.query().is_none_or(|query| {
        let mut parameters = form_urlencoded::parse(query.as_bytes());
        let painted_for = parameters.find(|(name, _)| name == app::request_context::PAINTED_FOR);
        painted_for.is_none_or(|(_, id)| caller.is_none_or(|it| it.user_id.to_string() == id))
    });
    let shown = fields.into_iter().filter(|_| is_theirs);
    Ok(RefusedForm::unread(path, caller, problem, shown))
}

/// The page with the form: that of its secret, or that which the browser names.
fn page_of(parts: &Parts, fields: &BTreeMap<String, String>) -> Option<String> {
    let secret = |name: &str| fields.get(name).filter(|it| !it.is_empty());
    let (folder, token) = match parts.uri.path() {
        "/form/reset-password" => ("reset", secret("token")),
        "/form/confirm-email" => ("confirm-email", secret("token")),
        "/form/join-invited" => ("invite", secret("token")),
        "/form/register" => ("invite", secret("invitation")),
        _ => ("", None),
    };
    if let Some(token) = token {
        let token = app::request_context::percent_encode(token);
        return Some(format!("/{folder}/{token}"));
    }
    let referer = parts.headers.get(header::REFERER)?;
    let referer = Uri::try_from(referer.as_bytes()).ok()?;
    let path = referer.path();
    let is_known = PAGES_OF_FORMS.iter().any(|page| path.starts_with(page));
    is_known.then(|| path.to_owned())
}

fn problem(status: StatusCode) -> Problem {
    let (code, detail) = match status.as_u16() {
        413 => (ErrorCode::Invalid, "The form is too long."),
        400..=428 => (
            ErrorCode::Invalid,
            "The form could not be read. Check what you have filled in, and send it again.",
        ),
        429 => (
            ErrorCode::TooManyRequests,
            "Too many requests from your network. Try again in a moment.",
        ),
        _ => (
            ErrorCode::Unavailable,
            "The server can't answer right now. Try again.",
        ),
    };
    Problem {
        kind: "about:blank".to_owned(),
        title: code.title().to_owned(),
        status: status.as_u16(),
        detail: detail.to_owned(),
        code,
        errors: Vec::new(),
    }
}
