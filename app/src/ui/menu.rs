//! A menu: the element `details`, which opens before any script runs.

use super::on;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn Menu(
    label: &'static str,
    #[prop(default = "icon-button")] class: &'static str,
    button: AnyView,
    children: Children,
) -> impl IntoView {
    let on_focus_out = move |event: ev::FocusEvent| {
        let next = event
            .related_target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        if let Some(details) = menu_of(&event)
            && next.is_some_and(|next| !details.contains(Some(&next)))
        {
            details.set_open(false);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if let Some(details) = menu_of(&event)
            && event.key() == "Escape"
            && details.open()
        {
            event.stop_propagation();
            details.set_open(false);
            focus_summary(&details);
        }
    };
    any_view! {
        <details class="menu" on:focusout=on::focus(on_focus_out) on:keydown=on::key(on_key)>
            <summary class=class aria-label=label>
                {button}
            </summary>
            <div class="menu-panel">{children()}</div>
        </details>
    }
}

/// The menu around the target of an event.
fn menu_of(event: &ev::Event) -> Option<web_sys::HtmlDetailsElement> {
    let element: web_sys::Element = event.target()?.dyn_into().ok()?;
    element.closest("details.menu").ok()??.dyn_into().ok()
}

fn focus_summary(details: &web_sys::HtmlDetailsElement) {
    let summary = details
        .query_selector("summary")
        .ok()
        .flatten()
        .and_then(|summary| summary.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(summary) = summary {
        let _ = summary.focus();
    }
}

/// Closes all open menus.
pub fn close_menus() {
    let Ok(open) = document().query_selector_all("details.menu[open]") else {
        return;
    };
    for index in 0..open.length() {
        if let Some(menu) = open
            .item(index)
            .and_then(|node| node.dyn_into::<web_sys::HtmlDetailsElement>().ok())
        {
            menu.set_open(false);
        }
    }
}
