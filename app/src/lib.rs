//! The pixels of Parlance: components, server functions, and the browser's store.

#[cfg(feature = "ssr")]
pub mod context;
pub mod error;

use leptos::prelude::*;
use leptos_router::{components::{Router, Routes, Route}, path};
#[component]
pub fn App() -> impl IntoView {
    view! { <Router><Routes fallback=|| "no">
      <Route path=path!("/") view=|| view! { <p>"hello"</p> } ssr=leptos_router::SsrMode::Async/>
    </Routes></Router> }
}
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! { <!DOCTYPE html><html><head><HydrationScripts options/></head><body><App/></body></html> }
}
