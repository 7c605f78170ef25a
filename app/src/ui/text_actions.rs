//! What can be done in the texts of messages, wherever they are shown: code is copied and folded, and spoilers are
//! opened. The texts are HTML without handlers, so the window listens. `client/work.rs` begins it.
//!
//! What was opened in a message is open in each row that is built for it, until its text is another.

use super::copy_text;
use leptos::{ev, prelude::*};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};
use wasm_bindgen::JsCast;
use web_sys::Element;

/// How long the button says that the code was copied.
const COPIED_DURATION: Duration = Duration::from_secs(2);

/// What opens and closes in a text.
const PARTS: &str = ".spoiler,figure.code";

/// So many open parts are kept.
const MAX_OPENED: usize = 500;

/// A part of a text that was opened.
struct Opened {
    message: i64,
    text: String,
    /// Which of the `PARTS` of the text.
    part: u32,
}

type OpenAgain = fn(i64, String) -> String;

thread_local! {
    static OPENED: RefCell<Vec<Opened>> = const { RefCell::new(Vec::new()) };
    /// Set from the first call of `listen_to_texts` on: no text needs its code before.
    static OPEN_AGAIN: Cell<Option<OpenAgain>> = const { Cell::new(None) };
}

/// The HTML of a message's text, with open what was opened in it.
pub fn as_opened(message: i64, html: String) -> String {
    match OPEN_AGAIN.get() {
        Some(open_again) => open_again(message, html),
        None => html,
    }
}

/// From the first call on, for as long as the page is there.
pub fn listen_to_texts() {
    if OPEN_AGAIN.replace(Some(open_again)).is_some() {
        return;
    }
    window_event_listener(ev::click, |event| {
        if let Some(target) = target(&event) {
            on_click(&target);
        }
    });
    click_again();
    window_event_listener(ev::keydown, |event| {
        let is_key = matches!(event.key().as_str(), "Enter" | " ");
        let element = target(&event).filter(|_| is_key);
        if element.and_then(|it| on_spoiler(&it)).is_some() {
            event.prevent_default();
        }
    });
}

/// What was clicked before anything listened is clicked now: the document has kept it (`shell.rs`).
fn click_again() {
    window().set_onclick(None);
    let early = document().query_selector_all("[data-early]").ok();
    let early = early
        .iter()
        .flat_map(|all| (0..all.length()).filter_map(|at| all.item(at)));
    for target in early.filter_map(|it| it.dyn_into::<Element>().ok()) {
        let _ = target.remove_attribute("data-early");
        on_click(&target);
    }
}

fn on_click(target: &Element) -> Option<()> {
    if on_spoiler(target).is_some() {
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
    keep(&figure, opens);
    set_folded(&figure, button, !opens);
    if !opens && figure.get_bounding_client_rect().top() < 0.0 {
        figure.scroll_into_view();
    }
    Some(())
}

fn set_folded(figure: &Element, button: &Element, is_folded: bool) {
    let (class, expanded, label) = if is_folded {
        ("code code-long", "false", "Show all")
    } else {
        ("code", "true", "Show less")
    };
    figure.set_class_name(class);
    button.set_inner_html(label);
    let _ = button.set_attribute("aria-expanded", expanded);
}

/// Shows what the spoiler around an element hides. `None` if there is none, or if it is shown already.
fn on_spoiler(element: &Element) -> Option<()> {
    let spoiler = element.closest(".spoiler[role]").ok()??;
    keep(&spoiler, true);
    show_spoiler(&spoiler);
    Some(())
}

fn show_spoiler(spoiler: &Element) {
    spoiler.set_class_name("spoiler spoiler-shown");
    for attribute in ["role", "aria-label"] {
        let _ = spoiler.remove_attribute(attribute);
    }
    // It keeps the focus, but is no stop of the Tab key any more.
    let _ = spoiler.set_attribute("tabindex", "-1");
}

/// Keeps that a part of a message's text is open, or is not any more.
fn keep(part: &Element, is_open: bool) -> Option<()> {
    let row = part.closest("[data-message]").ok()??;
    let message = row.get_attribute("data-message")?.parse().ok()?;
    let body = part.closest(".body").ok()??;
    let parts = body.query_selector_all(PARTS).ok()?;
    let part = (0..parts.length()).find(|at| {
        let other = parts.item(*at);
        other.is_some_and(|other| other.is_same_node(Some(part)))
    })?;
    OPENED.with_borrow_mut(|opened| {
        opened.retain(|it| it.message != message || it.part != part);
        if is_open {
            opened.push(Opened {
                message,
                text: text_of(&body)?,
                part,
            });
            if opened.len() > MAX_OPENED {
                opened.remove(0);
            }
        }
        Some(())
    })
}

fn open_again(message: i64, html: String) -> String {
    OPENED.with_borrow_mut(|opened| {
        if opened.iter().all(|it| it.message != message) {
            return html;
        }
        let Ok(body) = document().create_element("div") else {
            return html;
        };
        body.set_inner_html(&html);
        let text = text_of(&body);
        opened.retain(|it| it.message != message || Some(&it.text) == text.as_ref());
        for it in opened.iter().filter(|it| it.message == message) {
            open_part(&body, it.part);
        }
        body.inner_html()
    })
}

fn open_part(body: &Element, part: u32) -> Option<()> {
    let part = body.query_selector_all(PARTS).ok()?.item(part)?;
    let part: Element = part.dyn_into().ok()?;
    match part.query_selector("button[data-act=lines]").ok()? {
        Some(button) => set_folded(&part, &button, false),
        None => show_spoiler(&part),
    }
    Some(())
}

/// What a text and each of its parts say, without buttons.
fn text_of(body: &Element) -> Option<String> {
    let html = body.inner_html();
    let body = document().create_element("div").ok()?;
    body.set_inner_html(&html);
    while let Some(button) = body.query_selector("button").ok()? {
        button.remove();
    }
    let parts = body.query_selector_all(PARTS).ok()?;
    let parts = (0..parts.length()).filter_map(|at| parts.item(at)?.text_content());
    Some(
        body.text_content()
            .into_iter()
            .chain(parts)
            .collect::<Vec<_>>()
            .join("\0"),
    )
}
