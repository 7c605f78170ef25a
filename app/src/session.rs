//! The session of a browser: registering, signing in, signing out.

#[cfg(feature = "ssr")]
mod form_page;
#[cfg(feature = "ssr")]
mod register;
#[cfg(feature = "ssr")]
mod sign_in;

#[cfg(feature = "ssr")]
pub use register::RegisterPage;
#[cfg(feature = "ssr")]
pub use sign_in::SignInPage;

use crate::error::AppError;
use leptos::prelude::*;

#[server(prefix = "/form", endpoint = "sign-in")]
pub async fn sign_in(login: String, password: String, next: String) -> Result<(), AppError> {
    use crate::context;
    let filled_in = [("login", login.clone()), ("next", next.clone())];
    let signed_in = async {
        let (chat, client) = (context::chat(), context::visitor().client);
        let who = chat
            .login(model::Login { login, password }, &client)
            .await?;
        context::open_session(&chat.issue_cookie(&who, &client).await?);
        leptos_axum::redirect(inside(&next));
        Ok(())
    };
    context::refuse_form("/sign-in", &filled_in, signed_in.await)
}

#[server(prefix = "/form", endpoint = "register")]
pub async fn register(
    username: String,
    name: String,
    email: String,
    password: String,
    next: String,
) -> Result<(), AppError> {
    use crate::context;
    let filled_in = [
        ("username", username.clone()),
        ("name", name.clone()),
        ("email", email.clone()),
        ("next", next.clone()),
    ];
    let registered = async {
        let (chat, client) = (context::chat(), context::visitor().client);
        let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let new = model::Register {
            username,
            password,
            name: given(name),
            email: given(email),
        };
        let who = chat.register(new, &client).await?;
        context::open_session(&chat.issue_cookie(&who, &client).await?);
        leptos_axum::redirect(inside(&next));
        Ok(())
    };
    context::refuse_form("/register", &filled_in, registered.await)
}

#[server(prefix = "/form", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::context;
    let caller = context::caller()?;
    context::chat().logout(&caller).await?;
    context::close_session();
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// Where to go after signing in: only to a page of ours.
#[cfg(any(feature = "ssr", test))]
fn inside(next: &str) -> &str {
    let on_this_host = next.starts_with('/')
        && !next.starts_with("//")
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if on_this_host { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn leads_nowhere_but_to_pages_of_ours() {
        for next in ["/", "/c/42", "/settings?tab=1"] {
            assert_eq!(inside(next), next);
        }
        for next in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
        ] {
            assert_eq!(inside(next), "/", "{next:?}");
        }
    }
}
