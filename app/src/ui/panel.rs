//! A panel beside the page, or over it on narrow ones. It takes the focus, and its `close` gives it back.

use super::{
    back::close_by_back,
    focus::{focus_first, once_built},
    icon::{Icon, icon},
    on,
};
use crate::erased_signal::effect;
use leptos::prelude::*;
use std::sync::Arc;

/// The class of a panel, which may change.
type Class = Box<dyn FnMut() -> Option<String> + Send>;

/// Escape closes it. `below` stands below its name. `is_shown` is false while it makes room for something else;
/// `focus` matches what has the focus at first, unless something in it has.
pub fn panel(
    label: &'static str,
    below: AnyView,
    class: Class,
    focus: &'static str,
    is_shown: Box<dyn Fn() -> bool>,
    close: Arc<dyn Fn() + Send + Sync>,
    body: AnyView,
) -> AnyView {
    let by_back = Arc::clone(&close);
    effect(move || {
        if is_shown() {
            close_by_back(Arc::clone(&by_back));
        }
    });
    effect(move || {
        once_built(move || {
            // What is in it may have taken the focus, as the box for a reply does.
            let within = format!("aside[aria-label='{label}'] :focus");
            if !matches!(document().query_selector(&within), Ok(Some(_))) {
                focus_first(focus);
            }
        });
    });
    let by_key = Arc::clone(&close);
    any_view! {
        <aside
            class=class
            aria-label=label
            on:keydown=on::key(move |event| {
                if event.key() == "Escape" && !event.default_prevented() {
                    event.prevent_default();
                    event.stop_propagation();
                    by_key();
                }
            })
        >
            <header class="pane-header">
                <div class="grow pane-names">
                    <h2>{label}</h2>
                    {below}
                </div>
                <button type="button" class="icon-button" aria-label="Close" on:click=on::click(move |_| close())>
                    {icon(Icon::Close)}
                </button>
            </header>
            <div class="pane-body">{body}</div>
        </aside>
    }
}
