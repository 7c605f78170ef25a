//! Fetching the other chunks ahead: one after the other while the page is idle. What is asked for later is then there
//! at once, offline too.

use crate::{
    chunks::{
        CONVERSATION, EMOJI, FILES, FINDING, FORWARD, FilesPart, PICTURES, POLLS, START, StartPart,
        THREADS,
    },
    client::{ChatClient, spawn},
    sidebar_sections::SidebarState,
};
use leptos::prelude::*;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Browsers without `requestIdleCallback` (Safari) wait so long instead, in milliseconds.
const IDLE_DELAY_MS: i32 = 2_000;

thread_local! {
    static IS_BEGUN: Cell<bool> = const { Cell::new(false) };
}

/// Once, and not where the user saves data.
pub fn fetch_when_idle(client: ChatClient, sidebar: SidebarState) {
    if !IS_BEGUN.replace(true) && !saves_data() {
        when_idle(move || spawn(fetch_all(client, sidebar)));
    }
}

/// One that fails is fetched when it is asked for.
async fn fetch_all(client: ChatClient, sidebar: SidebarState) {
    let _ = CONVERSATION.load().await;
    let _ = FILES.load().await;
    if let Some(show) = FILES.entry() {
        let _ = show(FilesPart::Viewer);
    }
    let _ = FINDING.load().await;
    let _ = THREADS.load().await;
    let _ = FORWARD.load().await;
    let _ = EMOJI.load().await;
    let _ = POLLS.load().await;
    let _ = PICTURES.load().await;
    let _ = START.load().await;
    if let Some(show) = START.entry() {
        drop(show(StartPart::SidebarGestures(client, sidebar)));
    }
}

/// Whether the user has asked their browser to save data. Only some browsers tell.
fn saves_data() -> bool {
    let get = |object: &JsValue, name| js_sys::Reflect::get(object, &JsValue::from_str(name));
    get(&window().navigator(), "connection")
        .and_then(|connection| get(&connection, "saveData"))
        .is_ok_and(|saves| saves.is_truthy())
}

fn when_idle(work: impl FnOnce() + 'static) {
    let callback = Closure::once_into_js(work);
    let callback = callback.unchecked_ref();
    let window = window();
    // The method is missing in Safari, and the call throws.
    if window.request_idle_callback(callback).is_err() {
        let _ =
            window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, IDLE_DELAY_MS);
    }
}
