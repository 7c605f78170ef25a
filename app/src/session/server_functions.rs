//! The server functions of signing in and out, and registering.

use crate::error::AppError;
use leptos::prelude::*;

#[server(prefix = "/form", endpoint = "sign-in")]
pub async fn sign_in(login: String, password: String, next: String) -> Result<(), AppError> {
    use crate::request_context;
    let filled_in = [("login", login.clone()), ("next", next.clone())];
    let signed_in = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let caller = chat
            .login(model::Login { login, password }, &client)
            .await?;
        request_context::set_device_cookie(&chat.device_cookie(&caller, &client)?);
        request_context::set_session_cookie(&chat.issue_cookie(&caller, &client).await?);
        leptos_axum::redirect(safe_redirect_path(&next));
        Ok(())
    };
    request_context::redirect_with_form_error("/sign-in", &filled_in, signed_in.await)
}

#[server(prefix = "/form", endpoint = "register")]
pub async fn register(
    username: String,
    name: String,
    email: String,
    password: String,
    next: String,
) -> Result<(), AppError> {
    use crate::request_context;
    let filled_in = [
        ("username", username.clone()),
        ("name", name.clone()),
        ("email", email.clone()),
        ("next", next.clone()),
    ];
    let registered = async {
        let (chat, client) = (request_context::chat(), request_context::request().client);
        let non_empty = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let new = model::Register {
            username,
            password,
            name: non_empty(name),
            email: non_empty(email),
        };
        let caller = chat.register(new, &client).await?;
        request_context::set_device_cookie(&chat.device_cookie(&caller, &client)?);
        request_context::set_session_cookie(&chat.issue_cookie(&caller, &client).await?);
        leptos_axum::redirect(safe_redirect_path(&next));
        Ok(())
    };
    request_context::redirect_with_form_error("/register", &filled_in, registered.await)
}

#[server(prefix = "/form", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::request_context;
    let caller = request_context::caller()?;
    request_context::chat().logout(&caller).await?;
    request_context::remove_session_cookie();
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// The path to redirect to after signing in: `next` if it is a path of this origin, otherwise `/`.
/// Prevents open redirects; browsers read `//host` and `/\host` as another origin.
#[cfg(any(feature = "ssr", test))]
fn safe_redirect_path(next: &str) -> &str {
    let is_same_origin = next.starts_with('/')
        && !next.starts_with("//")
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
        ] {
            assert_eq!(safe_redirect_path(next), "/", "{next:?}");
        }
    }
}
