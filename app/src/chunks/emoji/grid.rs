//! The grid of the picker: its HTML, and the keys that move in it. One of its buttons is a stop of the Tab key.

use super::{
    data::{Emoji, EmojiData},
    search::search,
};
use crate::{messages::most_used, ui::escape_html};
use leptos::prelude::document;
use std::fmt::Write;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// The emoji of the section of those that were used.
const MAX_USED: usize = 24;

const BUTTONS: &str = ".emoji-grid button";

/// All sections, or what is found. One text for about 1,900 buttons: the browser makes them at once.
pub fn html(data: &EmojiData, query: &str, tone: usize) -> String {
    let mut html = String::new();
    if !query.trim().is_empty() {
        let found = search(data, query);
        write_section(
            &mut html,
            "Found",
            found.into_iter().map(|it| (it.with_tone(tone), it)),
        );
        return html;
    }
    // As they were used, with their tone.
    let used = most_used(MAX_USED).into_iter();
    let used = used.filter_map(|text| data.find(&text).map(|emoji| (text, emoji)));
    write_section(&mut html, "Often used", used);
    for (label, place) in &data.categories {
        let emoji = data.emoji[place.clone()].iter();
        write_section(&mut html, label, emoji.map(|it| (it.with_tone(tone), it)));
    }
    html
}

pub fn count(html: &str) -> usize {
    html.matches("<button").count()
}

fn write_section<'a>(
    html: &mut String,
    label: &str,
    emoji: impl Iterator<Item = (String, &'a Emoji)>,
) {
    let label = escape_html(label);
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        r#"<section aria-label="{label}"><h3>{label}</h3><div class="emoji-row">"#
    );
    let mut is_first = !html.contains("<button");
    for (text, emoji) in emoji {
        let stop = if is_first { "0" } else { "-1" };
        is_first = false;
        let (name, code) = (escape_html(&emoji.label), escape_html(emoji.code()));
        let _ = write!(
            html,
            r#"<button type="button" class="emoji" tabindex="{stop}" aria-label="{name}" title="{name} :{code}:">{text}</button>"#
        );
    }
    html.push_str("</div></section>");
}

/// Moves the focus as a key says. Whether it is a key of the grid.
pub fn move_focus(key: &str) -> bool {
    let all = buttons();
    let focused = document().active_element();
    let at = all.iter().position(|it| focused.as_deref() == Some(it));
    let last = all.len().saturating_sub(1);
    let next = match (key, at) {
        ("ArrowDown", None) | ("Home", Some(_)) => Some(0),
        ("ArrowRight", Some(at)) => Some((at + 1).min(last)),
        ("ArrowLeft", Some(at)) => Some(at.saturating_sub(1)),
        ("ArrowDown", Some(at)) => below(all.iter().enumerate().skip(at), &all[at]),
        ("ArrowUp", Some(at)) => below(all.iter().enumerate().take(at + 1).rev(), &all[at]),
        ("End", Some(_)) => Some(last),
        _ => return false,
    };
    match (key, next) {
        // Above the first row is the field.
        ("ArrowUp", None) => return false,
        (_, next) => focus(&all, next.or(at)),
    }
    true
}

/// The nearest button of the next row among those that follow.
fn below<'a>(
    following: impl Iterator<Item = (usize, &'a HtmlElement)>,
    from: &HtmlElement,
) -> Option<usize> {
    let place = |it: &HtmlElement| {
        let place = it.get_bounding_client_rect();
        (place.left(), place.top())
    };
    let (left, top) = place(from);
    let mut nearest: Option<(usize, f64, f64)> = None;
    for (at, button) in following {
        let (x, y) = place(button);
        if (y - top).abs() < 1.0 {
            continue;
        }
        let off = (x - left).abs();
        match nearest {
            Some((_, row, _)) if (y - row).abs() >= 1.0 => break,
            Some((.., least)) if off >= least => {}
            _ => nearest = Some((at, y, off)),
        }
    }
    nearest.map(|(at, ..)| at)
}

fn buttons() -> Vec<HtmlElement> {
    let Ok(found) = document().query_selector_all(BUTTONS) else {
        return Vec::new();
    };
    let nodes = (0..found.length()).filter_map(|at| found.item(at));
    nodes.filter_map(|it| it.dyn_into().ok()).collect()
}

fn focus(all: &[HtmlElement], at: Option<usize>) {
    if let Some(next) = at.and_then(|at| all.get(at)) {
        let stop = document()
            .query_selector(".emoji-grid [tabindex='0']")
            .ok()
            .flatten();
        if let Some(stop) = stop {
            let _ = stop.set_attribute("tabindex", "-1");
        }
        let _ = next.set_attribute("tabindex", "0");
        let _ = next.focus();
    }
}

/// The emoji of a button, or of the first one.
pub fn emoji_of(target: Option<&Element>) -> Option<String> {
    let button = match target {
        Some(target) => target.closest(BUTTONS).ok()?,
        None => document().query_selector(BUTTONS).ok()?,
    };
    button?.text_content()
}
