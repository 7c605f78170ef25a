//! The pixels of Parlance: components, server functions, and the browser's store.

#[cfg(feature = "ssr")]
pub mod context;
mod conversations;
pub mod error;
pub mod live;
mod messages;
mod presence;
mod session;
mod settings;
#[cfg(feature = "ssr")]
mod shell;
mod shortcuts;
pub mod store;
mod ui;

#[cfg(feature = "ssr")]
pub use shell::shell;

use conversations::{ChatLayout, ConversationPage, InboxPage, NewPage};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};
use session::{RegisterPage, SignInPage};
use settings::SettingsPage;

/// The route table.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    ui::provide_zone();
    view! {
        <Router>
            <Routes fallback=ui::not_found>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/register") view=RegisterPage ssr=SsrMode::Async />
                <ParentRoute path=path!("/") view=ChatLayout ssr=SsrMode::Async>
                    <Route path=path!("") view=InboxPage ssr=SsrMode::Async />
                    <Route path=path!("c/:id") view=ConversationPage ssr=SsrMode::Async />
                    <Route path=path!("new") view=NewPage ssr=SsrMode::Async />
                    <Route path=path!("settings") view=SettingsPage ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
