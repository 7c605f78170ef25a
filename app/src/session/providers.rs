//! The buttons that sign in with a provider.

use crate::request_context::{self, percent_encode};
use leptos::prelude::*;

/// A link for each provider, which leads to `next` afterwards; nothing where there is none.
pub fn provider_links(next: &str) -> Option<AnyView> {
    let chat = request_context::chat();
    let providers = chat.sign_in_providers();
    if providers.is_empty() {
        return None;
    }
    let links: Vec<_> = providers
        .into_iter()
        .map(|(id, label)| {
            let href = match next {
                "" => format!("/sso/{id}"),
                next => format!("/sso/{id}?next={}", percent_encode(next)),
            };
            any_view! {
                <p><a class="button button-wide" href=href rel="nofollow">{format!("Sign in with {label}")}</a></p>
            }
        })
        .collect();
    let or = chat
        .takes_passwords()
        .then(|| any_view! { <p class="door-other">"or"</p> });
    Some(any_view! { <div class="door-providers">{or} {links}</div> })
}
