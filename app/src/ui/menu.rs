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

/// Closes all open menus, one of whose entries was chosen: the button of that menu gets the focus, for what the entry
/// opens to give back.
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
            focus_summary(&menu);
        }
    }
}

/// Closes the menus that a press is not in. The focus, which goes to where the press was, may go nowhere and
/// tell nobody.
pub fn close_menus_elsewhere() {
    let pressed = window_event_listener(ev::pointerdown, |event| {
        let inside = menu_of(&event);
        let Ok(open) = document().query_selector_all("details.menu[open]") else {
            return;
        };
        for index in 0..open.length() {
            let menu = open.item(index).and_then(|node| node.dyn_into().ok());
            let menu: Option<web_sys::HtmlDetailsElement> = menu;
            if let Some(menu) = menu.filter(|menu| inside.as_ref() != Some(menu)) {
                menu.set_open(false);
            }
        }
    });
    on_cleanup(move || pressed.remove());
}

/// Up, down, Home and End move the focus between the buttons of a menu.
pub fn move_in_menu(event: &ev::KeyboardEvent, menu: &str) {
    let Ok(items) = document().query_selector_all(&format!("{menu} button")) else {
        return;
    };
    let focused = document().active_element();
    let at = (0..items.length()).find(|index| {
        let item = items.item(*index);
        item.is_some_and(|item| item.is_same_node(focused.as_ref().map(AsRef::as_ref)))
    });
    let last = items.length().saturating_sub(1);
    let next = match event.key().as_str() {
        "ArrowDown" => at.map_or(0, |at| if at == last { 0 } else { at + 1 }),
        "ArrowUp" => at.map_or(last, |at| at.checked_sub(1).unwrap_or(last)),
        "Home" => 0,
        "End" => last,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let next = items.item(next).and_then(|item| item.dyn_into().ok());
    let next: Option<web_sys::HtmlElement> = next;
    if let Some(next) = next {
        let _ = next.focus();
    }
}

/// Puts a menu with a fixed place beside its button, above it if there is no room below, and focuses its
/// first entry.
pub fn place_menu(menu: &str, button: &str) {
    let find = |selector| document().query_selector(selector).ok().flatten();
    let Some((menu, button)) = find(menu).zip(find(button)) else {
        return;
    };
    let (width, height) = window_size();
    let (own, around) = (
        menu.get_bounding_client_rect(),
        button.get_bounding_client_rect(),
    );
    let below = around.bottom() + GAP;
    let top = if below + own.height() <= height - GAP {
        below
    } else {
        (around.top() - GAP - own.height()).max(GAP)
    };
    let left = (around.right() - own.width())
        .min(width - own.width() - GAP)
        .max(GAP);
    if let Some(menu) = menu.dyn_ref::<web_sys::HtmlElement>() {
        let style = web_sys::HtmlElement::style(menu);
        let _ = style.set_property("top", &format!("{top}px"));
        let _ = style.set_property("left", &format!("{left}px"));
    }
    super::focus::focus_field(&menu);
}

/// The width and the height of the window, in pixels.
pub fn window_size() -> (f64, f64) {
    let number = |value: Result<wasm_bindgen::JsValue, _>| {
        value.ok().and_then(|it| it.as_f64()).unwrap_or_default()
    };
    (
        number(window().inner_width()),
        number(window().inner_height()),
    )
}

/// Pixels between a menu and its button, and the edge of the window.
const GAP: f64 = 4.0;
