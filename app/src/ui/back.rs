//! The Back of a browser on narrow pages: it closes what covers the page, the topmost first, before it leaves it.
//! What covers the page has an entry of its own in the browser's history, whose state is how many do by then.
//! `client/work.rs` begins it, once the page is live.

use crate::erased_signal::ErasedSignal;
use leptos::{ev, prelude::*};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::Duration,
};
use wasm_bindgen::JsValue;

type Close = ErasedSignal<Arc<dyn Fn() + Send + Sync>>;

/// Below this, a panel or a dialog has the whole width of the page.
const IS_NARROW: &str = "(width < 48rem)";

thread_local! {
    /// Set by `listen_to_back`: nothing covers a page before, and the first screen needs no more of the code.
    static COVER: Cell<Option<fn(Close)>> = const { Cell::new(None) };
    /// What covers the page, the topmost last, each with a number of its own.
    static COVERS: RefCell<Vec<(u32, Close)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
    /// Whether the history moves because something was closed, and has not arrived yet.
    static IS_MOVING: Cell<bool> = const { Cell::new(false) };
}

/// For an effect that runs when something covers the page. It covers until the effect runs again, or is gone.
pub fn close_by_back(close: Arc<dyn Fn() + Send + Sync>) {
    if let Some(cover) = COVER.get() {
        cover(ErasedSignal::new(close));
    }
}

/// From the first call on, for as long as the page is there.
pub fn listen_to_back() {
    if COVER.replace(Some(cover)).is_none() {
        window_event_listener(ev::popstate, |_| on_popstate());
        // The page was loaded anew with something over it.
        settle_soon();
    }
}

fn cover(close: Close) {
    let query = window().match_media(IS_NARROW).ok().flatten();
    if !query.is_some_and(|query| query.matches()) {
        return;
    }
    let number = NEXT.get();
    NEXT.set(number.wrapping_add(1));
    COVERS.with_borrow_mut(|covers| covers.push((number, close)));
    settle_soon();
    on_cleanup(move || {
        COVERS.with_borrow_mut(|covers| covers.retain(|(other, _)| *other != number));
        settle_soon();
    });
}

/// Once everything that happens at the same time has happened: one panel may close for another, or for a page.
fn settle_soon() {
    set_timeout(settle, Duration::ZERO);
}

/// Adds an entry for each that covers the page and has none, or goes back over those that are too many.
fn settle() {
    let Ok(history) = window().history() else {
        return;
    };
    let (entries, covers) = (entries(&history), count());
    if IS_MOVING.get() {
        return;
    }
    if entries > covers {
        IS_MOVING.set(history.go_with_delta(covers - entries).is_ok());
    }
    for entry in entries..covers {
        let _ = history.push_state(&JsValue::from(entry + 1), "");
    }
}

/// How many covered the page where the history is.
fn entries(history: &web_sys::History) -> i32 {
    let state = history.state().ok().and_then(|state| state.as_f64());
    #[allow(clippy::cast_possible_truncation, reason = "a few panels")]
    state.map_or(0, |state| state as i32)
}

fn count() -> i32 {
    COVERS.with_borrow(|covers| i32::try_from(covers.len()).unwrap_or(i32::MAX))
}

fn on_popstate() {
    let has_moved = IS_MOVING.replace(false);
    let entries = window().history().map_or(0, |history| entries(&history));
    while !has_moved && count() > entries {
        let topmost = COVERS.with_borrow_mut(Vec::pop);
        if let Some(close) = topmost.and_then(|(_, close)| close.try_get_untracked()) {
            close();
        }
    }
    // What was put away, as the results of a search, may come back first.
    settle_soon();
}
