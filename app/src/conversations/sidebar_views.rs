//! The lists above the conversations: threads, with how many have unread replies, saved messages, and what comes later,
//! at whose end `chunks/later/entries.rs` shows what waits for the user.

use crate::{
    client::use_client,
    erased_signal::memo,
    router::{Route, use_router},
    store::{ChatStore, Key},
    ui::{Icon, icon, optional_attr, show_if},
};
use leptos::prelude::*;

pub fn sidebar_views() -> AnyView {
    let client = use_client();
    let unread = memo(move || {
        client
            .store
            .with(&[Key::Threads], ChatStore::unread_threads)
    });
    let badge = show_if(move || {
        (unread.get() > 0).then(|| {
            any_view! {
                <span class="badge notranslate">{unread.get().to_string()} <span class="sr-only">" unread"</span></span>
            }
        })
    });
    any_view! {
        <div class="sidebar-views">
            {link(Route::Threads, "/threads", Icon::Thread, "Threads", badge)}
            {link(Route::Saved, "/saved", Icon::Bookmark, "Saved", ().into_any())}
            {link(Route::Later, "/later", Icon::Clock, "Later", any_view! { <span class="sr-only">": drafts & scheduled"</span> })}
        </div>
    }
}

fn link(
    route: Route,
    href: &'static str,
    picture: Icon,
    label: &'static str,
    end: AnyView,
) -> AnyView {
    let router = use_router();
    let current = move || (router.route() == route).then_some("page");
    any_view! {
        <a class="sidebar-view" href=href aria-current=optional_attr(current)>
            {icon(picture)}
            <span class="grow">{label}</span>
            {end}
        </a>
    }
}
