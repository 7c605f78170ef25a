//! A form that a browser submitted by itself, without scripts, and that was refused: why, and what was
//! filled in. The page of the form shows both. It travels in a signed cookie, for a minute at most;
//! what is too long for a cookie is answered with the page itself. Nothing of it is in an address.

use crate::{
    error::AppError,
    request_context::{self, RequestContext},
};
use axum::http::{header, request::Parts};
use chat::{Caller, Chat};
use cookie::{Cookie, SameSite};
use leptos::prelude::use_context;
use model::{Problem, UserId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use time::Duration;

/// The cookie. `HttpOnly`, `SameSite=Lax`.
pub const FORM_COOKIE: &str = "parlance_form";

/// A browser follows the redirect at once.
const VALID_FOR: Duration = Duration::MINUTE;

/// Bytes of the cookie's value. Browsers refuse a cookie with more than 4,096 (RFC 6265, 6.1), and
/// proxies a request head with more than 8 kB.
const MAX_COOKIE_LENGTH: usize = 3_500;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefusedForm {
    /// The page of the form: no other shows it.
    path: String,
    /// Who was signed in: nobody else sees it.
    user: Option<UserId>,
    problem: Problem,
    filled_in: BTreeMap<String, String>,
}

impl RefusedForm {
    /// The refused form in the cookie of a request, if it is for this page and this caller.
    pub fn from_cookie(
        chat: &Chat,
        cookie: &str,
        path: &str,
        caller: Option<&Caller>,
    ) -> Option<Self> {
        let form: Self = chat.open_sealed(cookie)?;
        let user = caller.map(|caller| caller.user_id);
        (form.path == path && form.user == user).then_some(form)
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    pub fn filled_in(&self, name: &str) -> Option<&str> {
        self.filled_in.get(name).map(String::as_str)
    }
}

/// Where a server function leaves a refused form that is too long for a cookie.
#[derive(Clone, Debug, Default)]
pub struct LongForm(Arc<Mutex<Option<RefusedForm>>>);

impl LongForm {
    pub fn take(&self) -> Option<RefusedForm> {
        let mut form = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        form.take()
    }

    fn put(&self, form: RefusedForm) {
        let mut this = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *this = Some(form);
    }
}

/// Passes `result` on. If it is an error and the browser submitted the form without scripts, the
/// browser is shown the page at `path`, which may have a query, with the error and the values that were
/// filled in.
pub fn refuse_form<T>(
    path: &str,
    filled_in: &[(&str, String)],
    result: Result<T, AppError>,
) -> Result<T, AppError> {
    if let Err(AppError(problem)) = &result
        && is_plain_form()
    {
        let caller = use_context::<RequestContext>().and_then(|request| request.caller);
        let form = RefusedForm {
            path: path.split('?').next().unwrap_or_default().to_owned(),
            user: caller.map(|caller| caller.user_id),
            problem: problem.clone(),
            filled_in: filled_in
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        };
        let sealed = request_context::chat().seal(&form, VALID_FOR)?;
        if sealed.len() > MAX_COOKIE_LENGTH
            && let Some(long) = use_context::<LongForm>()
        {
            long.put(form);
        } else {
            append_form_cookie(&sealed, VALID_FOR);
            leptos_axum::redirect(path);
        }
    }
    result
}

/// Removes the cookie from the browser: what it had is shown once.
pub fn remove_form_cookie() {
    append_form_cookie("", Duration::ZERO);
}

fn append_form_cookie(value: &str, max_age: Duration) {
    let cookie = Cookie::build((FORM_COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .secure(request_context::request().session_cookie.is_secure);
    request_context::append_cookie(&cookie.build());
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
