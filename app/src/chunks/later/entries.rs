//! What of the lists waits for the user, at the end of their link in the sidebar.

use super::state::{Later, for_the_page};
use crate::{erased_signal::memo, ui::show_if};
use leptos::{mount::mount_to, prelude::*};
use model::{ReminderState, ScheduledState};
use wasm_bindgen::JsCast;

pub fn mount_badge(later: Later) {
    let link = document()
        .query_selector(".sidebar-view[href='/later']")
        .ok()
        .flatten();
    let Some(link) = link.and_then(|it| it.dyn_into().ok()) else {
        return;
    };
    let mounted = for_the_page(|| mount_to(link, move || badge(later)));
    std::mem::forget(mounted);
}

/// How many messages could not be sent, and how many reminders are due.
fn badge(later: Later) -> AnyView {
    let waiting = memo(move || {
        later.personal.with(|store| {
            let scheduled = store.scheduled().into_iter();
            let reminders = store.reminders().into_iter();
            scheduled
                .filter(|it| it.state == ScheduledState::Failed)
                .count()
                + reminders
                    .filter(|it| it.state == ReminderState::Due)
                    .count()
        })
    });
    show_if(move || {
        (waiting.get() > 0).then(|| {
            view! {
                <span class="badge notranslate">
                    {waiting.get().to_string()} <span class="sr-only">" to look at"</span>
                </span>
            }
            .into_any()
        })
    })
}
