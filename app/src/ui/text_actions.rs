//! What can be done in the texts of messages, wherever they are shown: code is copied and folded, and spoilers are
//! opened. The texts are HTML without handlers, so the window listens. `client/work.rs` begins it.

use super::copy_text;
use leptos::{ev, prelude::*};
use std::{cell::Cell, time::Duration};
use wasm_bindgen::JsCast;
use web_sys::Element;

/// How long the button says that the code was copied.
const COPIED_DURATION: Duration = Duration::from_secs(2);

thread_local! {
    static LISTENS: Cell<bool> = const { Cell::new(false) };
}

/// From the first call on, for as long as the page is there.
pub fn listen_to_texts() {
    if LISTENS.replace(true) {
        return;
    }
    window_event_listener(ev::click, |event| {
        on_click(&event);
    });
    window_event_listener(ev::keydown, |event| {
        let is_key = matches!(event.key().as_str(), "Enter" | " ");
        let element = target(&event).filter(|_| is_key);
        if element.and_then(|it| show_spoiler(&it)).is_some() {
            event.prevent_default();
        }
    });
}

fn on_click(event: &ev::MouseEvent) -> Option<()> {
    let target = target(event)?;
    if show_spoiler(&target).is_some() {
        return Some(());
    }
    let button = target.closest("button[data-act]").ok()??;
    match button.get_attribute("data-act")?.as_str() {
        "code" => copy_code(&button),
        "lines" => fold_code(&button),
        _ => None,
    }
}

fn target(event: &web_sys::Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// Copies the block of code that a button belongs to.
fn copy_code(button: &Element) -> Option<()> {
    let figure = button.closest("figure").ok()??;
    let code = figure.query_selector("code").ok()??;
    copy_text(&code.text_content()?);
    let button = button.clone();
    button.set_inner_html("Copied");
    set_timeout(move || button.set_inner_html("Copy"), COPIED_DURATION);
    Some(())
}

/// Shows all lines of the block of code that a button belongs to, or only the first ones again.
fn fold_code(button: &Element) -> Option<()> {
    let figure = button.closest("figure").ok()??;
    let opens = button.get_attribute("aria-expanded").as_deref() == Some("false");
    let (class, expanded, label) = if opens {
        ("code", "true", "Show less")
    } else {
        ("code code-long", "false", "Show all")
    };
    figure.set_class_name(class);
    button.set_inner_html(label);
    let _ = button.set_attribute("aria-expanded", expanded);
    if !opens && figure.get_bounding_client_rect().top() < 0.0 {
        figure.scroll_into_view();
    }
    Some(())
}

/// Shows what the spoiler around an element hides. `None` if there is none, or if it is shown already.
fn show_spoiler(element: &Element) -> Option<()> {
    let spoiler = element.closest(".spoiler[role]").ok()??;
    spoiler.set_class_name("spoiler spoiler-shown");
    for attribute in ["role", "aria-label"] {
        let _ = spoiler.remove_attribute(attribute);
    }
    // It keeps the focus, but is no stop of the Tab key any more.
    let _ = spoiler.set_attribute("tabindex", "-1");
    Some(())
}
