//! A secret that was just made, a link, recovery codes or a token: its maker sees it once, on the page to which the form
//! redirects. It travels in a signed cookie, for a minute at most, and in no address.

use crate::{
    refuse_form::path_of,
    request_context::{self, cookie_of},
};
use axum::http::{header, request::Parts};
use chat::{Caller, Chat, Error};
use cookie::{Cookie, SameSite};
use leptos::prelude::*;
use model::UserId;
use serde::{Deserialize, Serialize};
use time::Duration;

/// The cookie. `HttpOnly`, `SameSite=Strict`.
const SHOWN_COOKIE: &str = "parlance_shown";

/// Where pages show secrets: the cookie goes nowhere else.
const FOLDERS: [&str; 4] = [
    "/administration",
    "/settings/two-factor",
    "/settings/tokens",
    "/webhooks",
];

/// The id of the secret, and the fragment that leads to it.
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
    secret: Secret,
}

#[derive(Clone, Serialize, Deserialize)]
pub enum Secret {
    /// The path of a link on this server.
    Link(String),
    RecoveryCodes(Vec<String>),
    /// For programs.
    Token(String),
}

impl std::fmt::Debug for ShownOnce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownOnce")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// Redirects the browser to the page, which shows the secret. `path` may have a query and a fragment.
pub fn show_once(
    chat: &Chat,
    caller: &Caller,
    path: &str,
    label: String,
    secret: Secret,
) -> chat::Result<()> {
    let shown = ShownOnce {
        path: path_of(path).to_owned(),
        user: caller.user_id,
        label,
        secret,
    };
    let folder = FOLDERS.into_iter().find(|it| shown.path.starts_with(it));
    let folder = folder.ok_or_else(|| Error::internal("no page shows a secret there"))?;
    append(&chat.seal(&shown, VALID_FOR)?, folder, VALID_FOR);
    leptos_axum::redirect(path);
    Ok(())
}

/// What this page is to show to this caller.
pub fn shown_secret(chat: &Chat, caller: &Caller, parts: &Parts) -> Option<ShownOnce> {
    let shown: ShownOnce = chat.open_sealed(&cookie_of(parts, SHOWN_COOKIE)?)?;
    (shown.path == parts.uri.path() && shown.user == caller.user_id).then_some(shown)
}

/// The note with the secret, after which the browser forgets it.
pub fn shown_note(shown: Option<ShownOnce>) -> Option<AnyView> {
    let shown = shown?;
    forget_shown();
    let secret = match shown.secret {
        Secret::Link(path) => any_view! {
            <div class="field">
                <label for=SHOWN_ID>"Give this link on. It is shown this one time."</label>
                <input id=SHOWN_ID readonly value=format!("{}{path}", origin()) />
            </div>
        },
        Secret::Token(token) => any_view! {
            <div class="field">
                <label for=SHOWN_ID>"Give it to your program, and to nobody else. It is shown this one time."</label>
                <input id=SHOWN_ID readonly value=token autocomplete="off" spellcheck="false" translate="no" />
            </div>
        },
        Secret::RecoveryCodes(codes) => any_view! {
            <p class="muted card-text">
                "Keep them where you keep your passwords. Each signs you in once, without the app. They are shown this one time."
            </p>
            <pre id=SHOWN_ID translate="no">{codes.join("\n")}</pre>
        },
    };
    Some(any_view! {
        <section class="card" aria-labelledby="shown-title">
            <h3 id="shown-title">{shown.label}</h3>
            {secret}
        </section>
    })
}

/// Removes the cookie from the browser.
pub fn forget_shown() {
    for folder in FOLDERS {
        append("", folder, Duration::ZERO);
    }
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

fn append(value: &str, folder: &str, max_age: Duration) {
    let cookie = Cookie::build((SHOWN_COOKIE, value))
        .path(folder)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(max_age)
        .secure(request_context::request().session_cookie.is_secure);
    request_context::append_cookie(&cookie.build());
}
