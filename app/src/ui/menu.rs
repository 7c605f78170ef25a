//! A menu: a disclosure of the browser's own, so that it opens before any script runs.

use super::on;
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn Menu(
    label: &'static str,
    #[prop(default = "icon-button")] class: &'static str,
    button: AnyView,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Details>::new();
    // None once it is gone: what had the focus tells of losing it then.
    let details = move || node.try_get_untracked().flatten();
    let close = move || {
        if let Some(details) = details() {
            details.set_open(false);
        }
    };
    let on_focus_out = move |event: ev::FocusEvent| {
        let next = event
            .related_target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside =
            details().is_some_and(|details| next.is_none() || details.contains(next.as_ref()));
        if !inside {
            close();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let is_open = details().is_some_and(|details| details.open());
        if event.key() == "Escape" && is_open {
            event.stop_propagation();
            close();
            focus_summary(node);
        }
    };
    view! {
        <details class="menu" node_ref=node on:focusout=on_focus_out on:keydown=on::key(on_key)>
            <summary class=class aria-label=label>
                {button}
            </summary>
            <div class="menu-panel">{children()}</div>
        </details>
    }
    .into_any()
}

fn focus_summary(node: NodeRef<html::Details>) {
    let summary = node
        .get_untracked()
        .and_then(|details| details.query_selector("summary").ok().flatten())
        .and_then(|summary| summary.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(summary) = summary {
        let _ = summary.focus();
    }
}

/// Closes whichever menu is open: something was chosen, or somebody clicked elsewhere.
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
