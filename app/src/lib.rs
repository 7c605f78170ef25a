//! The pages of Parlance in Leptos: components, server functions, and the browser's store and client.

/// `view!` as an `AnyView`. It takes the view out of its `View` wrapper, or every kind of element
/// would be compiled twice.
macro_rules! any_view {
    ($($view:tt)*) => {
        leptos::prelude::view! { $($view)* }.into_inner().into_any()
    };
}

#[cfg(feature = "ssr")]
mod administration;
mod chunks;
mod client;
mod conversations;
mod erased_signal;
pub mod error;
mod finding;
mod json;
mod messages;
#[cfg(any(feature = "ssr", feature = "hydrate", test))]
pub mod outline;
mod page_context;
mod page_data;
#[cfg(feature = "ssr")]
pub mod pages;
mod presence;
#[cfg(feature = "ssr")]
pub mod refuse_form;
#[cfg(feature = "ssr")]
pub mod refused_form;
#[cfg(feature = "ssr")]
pub mod request_context;
mod router;
pub mod session;
mod settings;
#[cfg(feature = "ssr")]
mod shell;
mod shortcuts;
#[cfg(feature = "ssr")]
mod shown_once;
mod sidebar_sections;
#[cfg(feature = "hydrate")]
mod start;
pub mod store;
mod title;
#[cfg(feature = "ssr")]
mod token_form;
mod ui;
#[cfg(feature = "ssr")]
mod webhooks;

#[cfg(feature = "ssr")]
pub use settings::IDENTITIES_PATH;
#[cfg(feature = "ssr")]
pub use shell::shell;
#[cfg(feature = "hydrate")]
pub use start::start;
#[cfg(feature = "ssr")]
pub use ui::escape_html;
