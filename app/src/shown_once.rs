//! A secret link that was just made: its maker sees it once, on the page to which the form redirects. It
//! travels in a signed cookie, for a minute at most, and in no address.

use crate::{refuse_form::path_of, request_context};
use axum::http::{header, request::Parts};
use chat::{Caller, Chat};
use cookie::{Cookie, SameSite};
use leptos::prelude::*;
use model::UserId;
use serde::{Deserialize, Serialize};
use time::Duration;

/// The cookie. `HttpOnly`, `SameSite=Strict`.
const SHOWN_COOKIE: &str = "parlance_shown";

/// The id of the field with the link, and the fragment that leads to it.
pub const SHOWN_ID: &str = "shown-link";

/// A browser follows the redirect at once.
const VALID_FOR: Duration = Duration::MINUTE;

#[derive(Clone, Serialize, Deserialize)]
pub struct ShownOnce {
    /// The page that shows it, and no other.
    path: String,
    /// Who has made it, and nobody else.
    user: UserId,
    /// What it is for.
    label: String,
    /// Its path on this server.
    link: String,
}

impl std::fmt::Debug for ShownOnce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownOnce")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// Redirects the browser to the page, which shows the link. `path` may have a query and a fragment.
pub fn show_once(
    chat: &Chat,
    caller: &Caller,
    path: &str,
    label: String,
    link: String,
) -> chat::Result<()> {
    let shown = ShownOnce {
        path: path_of(path).to_owned(),
        user: caller.user_id,
        label,
        link,
    };
    append(&chat.seal(&shown, VALID_FOR)?, VALID_FOR);
    leptos_axum::redirect(path);
    Ok(())
}

/// What this page is to show to this caller.
pub fn shown_link(chat: &Chat, caller: &Caller, parts: &Parts) -> Option<ShownOnce> {
    let lines = parts.headers.get_all(header::COOKIE).iter();
    let mut cookies = lines
        .filter_map(|it| it.to_str().ok())
        .flat_map(Cookie::split_parse);
    let sealed = cookies.find_map(|it| it.ok().filter(|it| it.name() == SHOWN_COOKIE))?;
    let shown: ShownOnce = chat.open_sealed(sealed.value())?;
    (shown.path == parts.uri.path() && shown.user == caller.user_id).then_some(shown)
}

/// The note with the link, after which the browser forgets it.
pub fn shown_note(shown: Option<ShownOnce>) -> Option<AnyView> {
    let shown = shown?;
    forget_shown();
    let address = format!("{}{}", origin(), shown.link);
    Some(any_view! {
        <section class="card" aria-labelledby="shown-title">
            <h3 id="shown-title">{shown.label}</h3>
            <div class="field">
                <label for=SHOWN_ID>"Give this link on. It is shown this one time."</label>
                <input id=SHOWN_ID readonly value=address />
            </div>
        </section>
    })
}

/// Removes the cookie from the browser.
pub fn forget_shown() {
    append("", Duration::ZERO);
}

/// The origin by which the browser has reached this page.
fn origin() -> String {
    let scheme = if request_context::request().session_cookie.is_secure {
        "https"
    } else {
        "http"
    };
    let parts = use_context::<Parts>();
    let host = parts.and_then(|it| Some(it.headers.get(header::HOST)?.to_str().ok()?.to_owned()));
    host.map_or_else(String::new, |host| format!("{scheme}://{host}"))
}

fn append(value: &str, max_age: Duration) {
    let cookie = Cookie::build((SHOWN_COOKIE, value))
        .path("/administration")
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(max_age)
        .secure(request_context::request().session_cookie.is_secure);
    request_context::append_cookie(&cookie.build());
}
