//! The boxes of the page as far as drafts go: when something may have been written in them, and what others have
//! written shown in them.

use super::{
    entries, feed, notes, notices,
    state::{Later, for_the_page},
    syncing, time_dialog,
};
use crate::{
    erased_signal::effect,
    messages::{grow, text_box},
    store::{DraftPlace, Key},
};
use leptos::{ev, prelude::*};
use std::{cell::Cell, time::Duration};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::HtmlTextAreaElement;

/// What is written goes to the server so much later, with what is written meanwhile.
const LOOK_DELAY: Duration = Duration::from_millis(600);

thread_local! {
    static LISTENS: Cell<bool> = const { Cell::new(false) };
    static IS_DUE: Cell<bool> = const { Cell::new(false) };
}

/// From the first call on, for as long as the page is there.
pub fn listen(later: Later) {
    if LISTENS.replace(true) {
        return;
    }
    later
        .client
        .on_other_events(move |text| feed::hear(later, text));
    for_the_page(|| {
        // Whatever a person does may change what is written: what is written is compared, not what was done.
        for name in ["input", "click", "keyup", "focusin", "focusout"] {
            on_window(name, move || look_soon(later));
        }
        for name in ["pagehide", "visibilitychange"] {
            on_window(name, move || {
                if name == "pagehide" || document().hidden() {
                    syncing::push_at_last(later);
                }
            });
        }
        effect(move || {
            let mut keys = vec![Key::Drafts, Key::Outbox, Key::Link];
            if let Some(id) = later.router.conversation() {
                keys.extend([Key::Head(id), Key::Rows(id)]);
            }
            later.client.store.track(&keys);
            look_soon(later);
        });
        entries::mount_link(later);
        time_dialog::mount(later);
        notices::mount(later);
    });
}

fn on_window(name: &str, act: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(act).into_js_value();
    // Also told of the document, before the page hears of it.
    let _ =
        window().add_event_listener_with_callback_and_bool(name, listener.unchecked_ref(), true);
}

/// Looks at what is written, once for all that happens meanwhile.
pub fn look_soon(later: Later) {
    if !IS_DUE.replace(true) {
        set_timeout(
            move || {
                IS_DUE.set(false);
                notes::attach_all(later);
                syncing::forget_decided(later);
                syncing::push_all(later);
            },
            LOOK_DELAY,
        );
    }
}

/// Shows a draft in its box, if that is on the page and has what was written before.
pub fn show_written((id, thread): DraftPlace, before: &str, body: &str) {
    let Some(root) = thread else {
        return tell_composer(before);
    };
    let is_shown = document().get_element_by_id(&format!("t-{root}")).is_some()
        && on_page() == Some(id.to_string());
    if is_shown
        && let Some(area) = text_box("thread-composer")
        && area.value() == before
    {
        write(&area, body);
    }
}

/// The conversation of the address.
fn on_page() -> Option<String> {
    let path = window().location().pathname().ok()?;
    let rest = path.strip_prefix("/c/")?;
    rest.split('/').next().map(str::to_owned)
}

fn write(area: &HtmlTextAreaElement, body: &str) {
    area.set_value(body);
    grow(area);
}

/// The composer follows what other tabs write, and so what other devices do.
fn tell_composer(before: &str) {
    let options = web_sys::StorageEventInit::new();
    options.set_old_value(Some(before));
    let event = ev::StorageEvent::new_with_event_init_dict("storage", &options);
    if let Ok(event) = event {
        let _ = window().dispatch_event(&event);
    }
}
