//! The way to the lists: a link of the sidebar, while there is something in them.

use super::state::{Later, for_the_page};
use crate::{
    erased_signal::memo,
    router::Route,
    store::PersonalStore,
    ui::{Icon, icon, show_if},
};
use leptos::{mount::mount_to, prelude::*};
use model::{ReminderState, ScheduledState};
use wasm_bindgen::JsCast;

pub fn mount_link(later: Later) {
    let views = document().query_selector(".sidebar-views").ok().flatten();
    let Some(views) = views.and_then(|it| it.dyn_into().ok()) else {
        return;
    };
    let mounted = for_the_page(|| mount_to(views, move || link(later)));
    std::mem::forget(mounted);
}

fn link(later: Later) -> AnyView {
    let count = memo(move || {
        let others = |store: &PersonalStore| store.scheduled().len() + store.reminders().len();
        later.drafts().len() + later.personal.with(others)
    });
    // What waits for the user: a message that could not be sent, and a reminder that is due.
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
    let is_here = memo(move || later.router.route() == Route::Later);
    show_if(move || {
        if count.get() == 0 && !is_here.get() {
            return None;
        }
        let badge = show_if(move || {
            (waiting.get() > 0).then(|| {
                view! {
                    <span class="badge notranslate">
                        {waiting.get().to_string()} <span class="sr-only">" to look at"</span>
                    </span>
                }
                .into_any()
            })
        });
        Some(
            view! {
                <a
                    class="sidebar-view"
                    href="/later"
                    aria-label="Later: drafts & scheduled"
                    title="Drafts & scheduled"
                    aria-current=move || is_here.get().then_some("page")
                >
                    {icon(Icon::Clock)}
                    <span class="grow one-line">"Later"</span>
                    {badge}
                </a>
            }
            .into_any(),
        )
    })
}
