//! The title of the document: the number of unread messages, the name of the page, the product.

use crate::{
    client::use_client,
    erased_signal::effect,
    store::{ChatStore, Key},
};
#[cfg(feature = "ssr")]
use crate::{page_data::PageData, router::Route};
use leptos::prelude::document;

/// Keeps the title of the document up to date, from an effect.
pub fn set_title(name: impl Fn() -> String + 'static) {
    let client = use_client();
    effect(move || {
        let keys = [Key::Unread, Key::Muted];
        let unread = client.store.with(&keys, ChatStore::unread_total);
        document().set_title(&title(unread, &name()));
    });
}

fn title(unread: i64, name: &str) -> String {
    let page = if name.is_empty() {
        "Parlance".to_owned()
    } else {
        format!("{name} · Parlance")
    };
    match unread {
        0 => page,
        unread => format!("({unread}) {page}"),
    }
}

/// The title that the server renders.
#[cfg(feature = "ssr")]
pub fn initial_title(route: Route, data: &PageData) -> String {
    let store = ChatStore::new(data.initial.clone());
    let name = match route {
        Route::Inbox => "",
        Route::Conversation(id) | Route::Message(id, _) | Route::Thread(id, _) => store
            .title(id)
            .filter(|_| data.open_error.is_none())
            .unwrap_or("Not found"),
        Route::New => "New conversation",
        Route::Threads => "Threads",
        Route::Saved => "Saved messages",
        Route::Later => "Drafts & scheduled",
        Route::Settings => "Settings",
    };
    title(store.unread_total(), name)
}
