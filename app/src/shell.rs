//! The document around every page: what is loaded, which theme it has, and what it may do.

use crate::{
    conversations::chat,
    pages::Page,
    paint,
    session::{RegisterPage, SignInPage},
    settings::{Theme, chosen_theme},
    ui::{escaped, lone_page, not_found},
};
use axum::http::{HeaderName, HeaderValue, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::HashedStylesheet;

pub fn shell(options: LeptosOptions, page: Page) -> impl IntoView {
    secure_page();
    // Not a child: in a title, the marks that hydration leaves around text would be read.
    let title = escaped(&page.title());
    let scripts = scripts(&options, &page);
    let theme = use_context::<Parts>().map_or_else(Theme::default, |parts| chosen_theme(&parts));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.name()>
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content=theme.color_scheme() />
                <meta name="description" content="Parlance is a chat for your team." />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icon-180.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <HashedStylesheet options=options.clone() id="leptos" />
                <AutoReload options=options />
                {scripts}
                <title inner_html=title></title>
            </head>
            <body>
                {body(page)}
            </body>
        </html>
    }
}

fn body(page: Page) -> AnyView {
    match page {
        Page::SignIn => view! { <SignInPage /> }.into_any(),
        Page::Register => view! { <RegisterPage /> }.into_any(),
        Page::Chat(place, paint) => chat(place, *paint),
        Page::Broken(problem) => lone_page(&problem),
        Page::Nowhere => not_found(),
    }
}

/// What brings a page to life: only that of a chat has a life.
fn scripts(options: &LeptosOptions, page: &Page) -> Option<AnyView> {
    let Page::Chat(_, paint) = page else {
        return None;
    };
    let paint = paint::to_element(paint);
    let scripts = view! {
        <script id=paint::ELEMENT type="application/json" nonce=use_nonce() inner_html=paint></script>
        <HydrationScripts options=options.clone() />
    };
    Some(scripts.into_any())
}

/// What the page may load and run: its own files, and the scripts that carry this request's nonce.
fn secure_page() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' data: https:; connect-src 'self'{}; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
        sockets()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.insert_header(
        HeaderName::from_static("vary"),
        HeaderValue::from_static("Cookie"),
    );
}

/// Not every browser takes the sockets of this host for `'self'`.
fn sockets() -> String {
    let host = use_context::<Parts>()
        .and_then(|parts| Some(parts.headers.get(header::HOST)?.to_str().ok()?.to_owned()))
        .filter(|host| {
            host.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c))
        });
    let mut sources = host.map_or_else(String::new, |host| format!(" ws://{host} wss://{host}"));
    if std::env::var("LEPTOS_WATCH").is_ok() {
        sources.push_str(" ws://127.0.0.1:3001 ws://localhost:3001");
    }
    sources
}
