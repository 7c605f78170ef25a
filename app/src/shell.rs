//! The HTML document around every page: head, theme, scripts and Content-Security-Policy.

use crate::{
    administration::{audit_page, bots_page, invites_page, people_page},
    conversations::chat_page,
    page_data,
    pages::Page,
    session::{
        RegisterPage, SignInPage, code_page, confirm_note, confirm_page, forgotten_page,
        invite_page, reset_page,
    },
    settings::{
        Clock, Layout, Previews, Theme, chosen_clock, chosen_layout, chosen_theme, data_page,
        deletion_page, email_page, group_settings_page, identities_page, password_page,
        tokens_page, two_factor_page,
    },
    ui::{error_page, escape_html, not_found_page},
    webhooks::webhooks_page,
};
use axum::http::{HeaderName, HeaderValue, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::HashedStylesheet;

/// Renders a page. Needs `Parts` and `ResponseOptions` in the context, and the request context.
pub fn shell(options: LeptosOptions, page: Page) -> impl IntoView {
    set_security_headers();
    // `inner_html`, because a title would show the comments that hydration puts around a text child.
    let title = escape_html(&page.title());
    let scripts = scripts(&options, &page);
    let parts = use_context::<Parts>();
    let (theme, (layout, previews)) = parts.as_ref().map_or_else(
        || (Theme::default(), (Layout::default(), Previews::default())),
        |parts| (chosen_theme(parts), chosen_layout(parts)),
    );
    let clock = parts.map_or_else(Clock::default, |parts| chosen_clock(&parts));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.name() data-layout=layout.name() data-previews=previews.name() data-clock=clock.name()>
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content=theme.color_scheme() />
                <meta name="description" content="Parlance is a chat for your team." />
                // A link to a conversation leads strangers to the sign-in, of which nobody needs a preview.
                <meta name="robots" content="nosnippet" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icon-180.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <HashedStylesheet options=options.clone() id="leptos" />
                <AutoReload options=options />
                {scripts}
                <title inner_html=title></title>
            </head>
            <body data-elements="">
                {body(page)}
            </body>
        </html>
    }
}

fn body(page: Page) -> AnyView {
    match page {
        Page::SignIn => view! { <SignInPage /> }.into_any(),
        Page::SignInCode => code_page(),
        Page::Register => view! { <RegisterPage /> }.into_any(),
        Page::Invite(token) => invite_page(token),
        Page::Reset(link) => reset_page(link),
        Page::Forgotten => forgotten_page(),
        Page::ConfirmNote => confirm_note(),
        Page::Confirm(link) => confirm_page(link),
        Page::Password => password_page(),
        Page::Identities(settings) => identities_page(&settings),
        Page::Email(state) => email_page(&state),
        Page::TwoFactor(settings) => two_factor_page(*settings),
        Page::Tokens(settings) => tokens_page(*settings),
        Page::Data(settings) => data_page(&settings),
        Page::Deletion(settings) => deletion_page(&settings),
        Page::People(people) => people_page(*people),
        Page::Webhooks(webhooks) => webhooks_page(*webhooks),
        Page::Bots(bots) => bots_page(*bots),
        Page::AuditLog(log) => audit_page(*log),
        Page::Invites(invites) => invites_page(*invites),
        Page::Chat(route, data) => chat_page(route, *data),
        Page::GroupSettings(settings) => group_settings_page(*settings),
        Page::LoadFailed(problem, _) => error_page(&problem),
        Page::NotFound => not_found_page(),
    }
}

/// Marks what is clicked before the page listens. `ui/text_actions.rs` does it then, and ends this.
const KEEP_EARLY_CLICKS: &str = "onclick=e=>e.target.dataset.early=1";

/// The page data and the script that hydrates it. Other pages than a chat load no script.
fn scripts(options: &LeptosOptions, page: &Page) -> Option<AnyView> {
    let Page::Chat(_, data) = page else {
        return None;
    };
    let data = page_data::to_element(data);
    let path = format!("/{}/{}", options.site_pkg_dir, options.output_name);
    let (script, wasm) = (format!("{path}.js"), format!("{path}.wasm"));
    // Leptos' `HydrationScripts` names another file where a program was not built by cargo-leptos.
    let start = format!(
        r#"import init, {{ hydrate }} from "{script}";
await init({{ module_or_path: "{wasm}" }});
hydrate();"#
    );
    let scripts = view! {
        <script nonce=use_nonce() inner_html=KEEP_EARLY_CLICKS></script>
        <script id=page_data::ELEMENT_ID type="application/json" nonce=use_nonce() inner_html=data></script>
        <link rel="modulepreload" href=script />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script type="module" nonce=use_nonce() inner_html=start></script>
    };
    Some(scripts.into_any())
}

/// Content-Security-Policy: files of this origin, scripts with this response's nonce, and no picture of another server. `Vary: Cookie`, because the page depends on the session, the theme and the layout.
fn set_security_headers() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' blob: data:; connect-src 'self'{}; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
        socket_sources()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.insert_header(
        HeaderName::from_static("vary"),
        HeaderValue::from_static("Cookie"),
    );
}

/// The WebSocket origins of this host, each after a space: not every browser includes them in
/// `'self'`. With `cargo leptos watch` also that of its reload server.
fn socket_sources() -> String {
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
