//! Starting a page in the browser. It hydrates what the server rendered. Where a translation or an
//! extension has changed that before, it builds the page anew in its place; so it does, after the
//! document was loaded again, where it has panicked. A page that was started anew and panics ends with
//! a note.

use crate::{
    chunks::{LATER, START, THREADS},
    client::spawn,
    conversations::chat_page,
    outline, page_data,
    page_data::PageData,
    router::Route,
    settings::{SettingsParts, rendered_parts},
};
use leptos::{mount, prelude::*};
use std::{cell::Cell, panic};
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// The key of `sessionStorage` that is set while the document is loaded again after a panic. Its value
/// is what the composer had in it.
const MARK: &str = "parlance.anew";

thread_local! {
    /// Whether this page was built anew, instead of hydrated.
    static IS_ANEW: Cell<bool> = const { Cell::new(false) };
}

/// Starts the page if the document has page data: that of a chat. The forms of signing in have none.
pub fn start() {
    let Some((route, mut data)) = page_data::from_document() else {
        return;
    };
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        report(info);
        on_panic();
    }));
    if route == Route::Settings {
        data.settings = Some(SettingsParts::Rendered(rendered_parts()));
    }
    // Where the server has rendered a part of a chunk, it must be there when it is hydrated.
    let chunk = match route {
        Route::New | Route::Settings => Some(START.load()),
        Route::Threads | Route::Saved => Some(THREADS.load()),
        Route::Later => Some(LATER.load()),
        _ => None,
    };
    match chunk {
        Some(chunk) => spawn(async move {
            let is_there = chunk.await.is_ok();
            hydrate(route, data, is_there);
        }),
        None => hydrate(route, data, true),
    }
}

/// `is_complete`: whether the browser has all code of the page. Otherwise the page is built anew, and has
/// a button in the place of what is missing.
fn hydrate(route: Route, mut data: PageData, is_complete: bool) {
    let marked = take_mark();
    let is_intact = marked.is_none() && outline::is_intact();
    if is_intact && is_complete {
        mount::hydrate_body(move || chat_page(route, data));
    } else {
        IS_ANEW.set(true);
        data.is_anew = !is_intact;
        build_anew(route, data, marked.unwrap_or_default());
    }
}

/// Replaces what the server rendered. `typed` is what the composer had in it before.
fn build_anew(route: Route, data: PageData, typed: String) {
    let Some(body) = document().body() else {
        return;
    };
    let typed = composer().map_or(typed.clone(), |it| {
        Some(it.value())
            .filter(|it| !it.is_empty())
            .unwrap_or(typed)
    });
    let mut next = body.first_child();
    while let Some(node) = next {
        next = node.next_sibling();
        // Texts and comments between the elements are the server's, too.
        if node.dyn_ref().is_none_or(outline::is_ours) {
            let _ = body.remove_child(&node);
        }
    }
    mount::mount_to(body, move || chat_page(route, data)).forget();
    if let Some(composer) = composer().filter(|_| !typed.is_empty()) {
        composer.set_value(&typed);
        // As if it had been typed: it becomes a draft.
        if let Ok(input) = web_sys::Event::new("input") {
            let _ = composer.dispatch_event(&input);
        }
    }
}

fn composer() -> Option<HtmlTextAreaElement> {
    document().get_element_by_id("composer")?.dyn_into().ok()
}

/// Loads the document again, once. Nothing of this page runs after it.
fn on_panic() {
    let typed = composer().map_or_else(String::new, |composer| composer.value());
    let is_marked = !IS_ANEW.get()
        && session_storage().is_some_and(|storage| storage.set_item(MARK, &typed).is_ok());
    if is_marked {
        let _ = window().location().reload();
    } else {
        show_end();
    }
}

fn session_storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

fn take_mark() -> Option<String> {
    let storage = session_storage()?;
    let mark = storage.get_item(MARK).ok().flatten();
    let _ = storage.remove_item(MARK);
    mark
}

/// A note above the dead page.
fn show_end() {
    let document = document();
    if let (Ok(note), Some(body)) = (document.create_element("p"), document.body()) {
        let _ = note.set_attribute("role", "alert");
        note.set_class_name("note note-error end-note");
        note.set_text_content(Some(
            "This page has stopped. A translation or an extension may have changed it. Load it again.",
        ));
        let _ = body.prepend_with_node_1(&note);
    }
}
