//! What follows a password or a code that was right: a session of the browser, the question for a code, or what to do about an
//! address that is to be proved.

use super::{
    confirm_page::CONFIRM_PATH,
    ticket_cookie::{CODE_PATH, keep_ticket},
};
use crate::{
    error::AppError,
    request_context::{self, percent_encode},
};

/// Characters of `next`: our own paths are shorter.
const MAX_NEXT_LENGTH: usize = 500;

/// Gives the browser a session, and redirects it: to the page that asks for a code, where that is what is missing.
pub(super) async fn begin_session(
    caller: chat::Result<chat::Authenticated>,
    next: &str,
    refusal: fn(chat::Error) -> AppError,
) -> Result<(), AppError> {
    let (chat, client) = (request_context::chat(), request_context::request().client);
    let caller = match caller {
        Err(chat::Error::TwoFactorRequired(ticket)) => {
            keep_ticket(&ticket);
            leptos_axum::redirect(&form_path(CODE_PATH, next));
            return Ok(());
        }
        Err(chat::Error::EmailUnconfirmed) => {
            leptos_axum::redirect(CONFIRM_PATH);
            return Ok(());
        }
        caller => caller.map_err(refusal)?,
    };
    request_context::set_device_cookie(&chat.device_cookie(&caller, &client)?);
    request_context::set_session_cookie(&chat.issue_cookie(&caller, &client).await?);
    leptos_axum::redirect(safe_redirect_path(next));
    Ok(())
}

/// The page of a form that was refused, which still knows where to go afterwards.
pub fn form_path(page: &str, next: &str) -> String {
    match safe_redirect_path(next) {
        "/" => page.to_owned(),
        next => format!("{page}?next={}", percent_encode(next)),
    }
}

/// The path to redirect to after signing in: `next` if it is a path of this origin, otherwise `/`.
/// Prevents open redirects; browsers read `//host` and `/\host` as another origin.
pub fn safe_redirect_path(next: &str) -> &str {
    let is_same_origin = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= MAX_NEXT_LENGTH
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_same_origin { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::safe_redirect_path;

    #[test]
    fn redirects_to_paths_of_this_origin_only() {
        for next in ["/", "/c/42", "/settings?tab=1"] {
            assert_eq!(safe_redirect_path(next), next);
        }
        for next in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            &format!("/{}", "a".repeat(500)),
        ] {
            assert_eq!(safe_redirect_path(next), "/", "{next:?}");
        }
    }
}
