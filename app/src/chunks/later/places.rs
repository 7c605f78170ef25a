//! When something may have been written in the boxes of the page, and what is done then.

use super::{
    entries, feed, mutes, notes, notices,
    state::{Later, for_the_page},
    syncing, time_dialog,
};
use crate::{client::ChatClient, erased_signal::effect, store::Key, ui::on_window};
use leptos::prelude::*;
use std::{cell::Cell, time::Duration};

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
    ChatClient::on_other_events(move |text| feed::hear(later, text));
    ChatClient::find_drafts(move |place| later.client.sent_draft(place));
    for_the_page(|| {
        // Whatever a person does may change what is written: what is written is compared, not what was done.
        for name in ["input", "click", "keyup", "focusin", "focusout"] {
            on_window(name, move || later.look_soon());
        }
        for name in ["pagehide", "visibilitychange"] {
            on_window(name, move || {
                if name == "pagehide" || document().hidden() {
                    syncing::push_at_last(later);
                } else {
                    later.clock.set(());
                }
            });
        }
        effect(move || {
            let mut keys = vec![Key::Drafts, Key::Outbox, Key::Link];
            if let Some(id) = later.router.conversation() {
                keys.extend([Key::Head(id), Key::Rows(id)]);
            }
            later.client.store.track(&keys);
            later.looks.track();
            look_later(later);
        });
        entries::mount_badge(later);
        time_dialog::mount(later);
        notices::mount(later);
        mutes::mount(later);
    });
}

/// Looks at what is written, once for all that happens meanwhile.
fn look_later(later: Later) {
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
