//! Refusing a form that a browser submitted by itself, and reading what was refused.

use crate::{
    error::AppError,
    refused_form::{FORM_COOKIE, LongForm, RefusedForm},
    request_context::{self, RequestContext},
};
use axum::http::{header, request::Parts};
use chat::Chat;
use cookie::{Cookie, SameSite};
use leptos::prelude::use_context;
use model::{Problem, UserId};
use std::collections::BTreeMap;
use time::Duration;

/// A browser follows the redirect at once.
const VALID_FOR: Duration = Duration::MINUTE;

/// Of a form whose sender has to sign in first.
const VALID_UNTIL_SIGNED_IN: Duration = Duration::minutes(30);

/// Shown with the text, after signing in.
const SESSION_ENDED: &str = "You had to sign in again. What you wrote was not sent.";

/// Bytes of the cookie's value. Browsers refuse a cookie with more than 4,096 (RFC 6265, 6.1), and
/// proxies a request head with more than 8 kB.
const MAX_COOKIE_LENGTH: usize = 3_500;

/// Passes `result` on. If it is an error and the browser submitted the form without scripts, the
/// browser is shown the page at `path`, which may have a query and a fragment, with the error and the values that were
/// filled in.
pub fn refuse_form<T>(
    path: &str,
    filled_in: &[(&str, String)],
    result: Result<T, AppError>,
) -> Result<T, AppError> {
    if let Err(AppError(problem)) = &result
        && is_plain_form()
    {
        let caller = request_context::signed_in().map(|caller| caller.user_id);
        let writer = request_context::painted_for();
        let mut form = RefusedForm {
            path: path_of(path).to_owned(),
            user: caller.or(writer),
            problem: problem.clone(),
            filled_in: filled_in
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        };
        if caller.is_some() && writer.is_some() && caller != writer {
            // Nobody reads what somebody else has written here.
            form.filled_in.clear();
        }
        let mut valid_for = VALID_FOR;
        if caller.is_none() && writer.is_some() {
            SESSION_ENDED.clone_into(&mut form.problem.detail);
            valid_for = VALID_UNTIL_SIGNED_IN;
        }
        let sealed = request_context::chat().seal(&form, valid_for)?;
        if sealed.len() > MAX_COOKIE_LENGTH
            && let Some(long) = use_context::<LongForm>()
        {
            long.put(form);
        } else {
            append_form_cookie(&sealed, valid_for);
            leptos_axum::redirect(path);
        }
    }
    result
}

/// The cookie by which the page at `path` shows a problem that came from elsewhere than a form of it.
pub fn problem_cookie(
    chat: &Chat,
    path: &str,
    user: Option<UserId>,
    problem: Problem,
    is_secure: bool,
) -> chat::Result<Cookie<'static>> {
    let form = RefusedForm {
        path: path.to_owned(),
        user,
        problem,
        filled_in: BTreeMap::new(),
    };
    let sealed = chat.seal(&form, VALID_FOR)?;
    Ok(form_cookie(sealed, VALID_FOR, is_secure))
}

/// A path without query and fragment.
pub fn path_of(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Removes the cookie from the browser: what it had is shown once.
pub fn remove_form_cookie() {
    append_form_cookie("", Duration::ZERO);
}

fn append_form_cookie(value: &str, max_age: Duration) {
    let is_secure = request_context::request().session_cookie.is_secure;
    request_context::append_cookie(&form_cookie(value.to_owned(), max_age, is_secure));
}

fn form_cookie(value: String, max_age: Duration, is_secure: bool) -> Cookie<'static> {
    Cookie::build((FORM_COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .secure(is_secure)
        .build()
}

/// Whether the browser submitted a form by itself and shows the response as a page.
pub fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    })
}

/// What a refused form had in a field; `None` if no form of this page was refused.
pub fn refused_value(name: &str) -> Option<String> {
    let refused = use_context::<RequestContext>()?.refused?;
    Some(refused.filled_in(name).unwrap_or_default().to_owned())
}

/// Why the form of this page was refused.
pub fn refused_problem() -> Option<Problem> {
    let refused = use_context::<RequestContext>()?.refused?;
    Some(refused.problem().clone())
}
