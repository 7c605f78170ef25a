//! The pixels of Parlance: components, server functions, and the browser's store.

/// A part of a page: what `view!` makes, as a view of the one type. Not in the wrapper that it comes
/// in, or every kind of element would be compiled twice.
macro_rules! part {
    ($($view:tt)*) => {
        leptos::prelude::view! { $($view)* }.into_inner().into_any()
    };
}

mod address;
#[cfg(feature = "ssr")]
pub mod context;
mod conversations;
pub mod error;
mod json;
pub mod live;
mod messages;
#[cfg(feature = "ssr")]
pub mod pages;
mod paint;
mod presence;
mod session;
mod settings;
#[cfg(feature = "ssr")]
mod shell;
mod shortcuts;
mod signals;
pub mod store;
mod ui;

#[cfg(feature = "ssr")]
pub use shell::shell;

/// Brings the document to life, if it is one that lives.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    if let Some((place, paint)) = paint::of_document() {
        leptos::mount::hydrate_body(move || conversations::chat(place, paint));
    }
}
