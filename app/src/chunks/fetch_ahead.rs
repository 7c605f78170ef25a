//! Fetching the chunks ahead: one after the other while the page is idle, once it has been live. What is
//! asked for later is then there at once, offline too.

use super::{
    COMPOSE, CONVERSATION, Composing, EMOJI, FILES, FINDING, LIVE, START, StartPart, THREADS,
};
use crate::{
    client::{ChatClient, spawn, use_client},
    erased_signal::{ErasedSignal, effect},
    router::use_router,
    store::ConnectionStatus,
    ui::use_zone,
};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Browsers without `requestIdleCallback` (Safari) wait so long instead, in milliseconds.
const IDLE_DELAY_MS: i32 = 2_000;

/// Only when the first screen is live, with which it would otherwise compete for the network.
pub fn fetch_when_idle() {
    let client = use_client();
    let composing = Composing {
        client,
        router: use_router(),
        zone: use_zone(),
    };
    let status = client.connection_status();
    let is_begun = ErasedSignal::new(false);
    effect(move || {
        if status.get() != ConnectionStatus::Online {
            return;
        }
        // At every connect, until they are there: with the work of the client, which the live page needs at once,
        // and then with what helps to write.
        spawn(async move {
            let _ = LIVE.load().await;
            if COMPOSE.load().await.is_ok()
                && let Some(begin) = COMPOSE.entry()
            {
                begin(composing);
            }
        });
        if !is_begun.get_untracked() {
            is_begun.set(true);
            if !saves_data() {
                when_idle(move || spawn(fetch_all(client)));
            }
        }
    });
}

/// One that fails is fetched when it is asked for.
async fn fetch_all(client: ChatClient) {
    let _ = CONVERSATION.load().await;
    let _ = FILES.load().await;
    let _ = FINDING.load().await;
    let _ = THREADS.load().await;
    let _ = EMOJI.load().await;
    let _ = START.load().await;
    if let Some(show) = START.entry() {
        drop(show(StartPart::FavoriteDrag(client)));
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
