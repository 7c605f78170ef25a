//! The forms of the settings page in the browser. A form is sent as without scripts, and the card around it
//! gets the content that it has in the server's answer.

use crate::{
    client::{Response, spawn, submit},
    ui::show_local_times_in,
};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement, UrlSearchParams};

/// The class of the elements with what only the server renders.
pub const PART: &str = "settings-part";

const CARDS: &str = ".settings-part>.card";

/// The parts of the present document.
#[cfg(feature = "hydrate")]
pub fn rendered_parts() -> [String; 2] {
    let parts = document().query_selector_all(".settings-part").ok();
    [0, 1].map(|index| {
        let part = parts.as_ref().and_then(|parts| parts.item(index));
        let part = part.and_then(|part| part.dyn_into::<Element>().ok());
        part.map(|part| part.inner_html()).unwrap_or_default()
    })
}

/// The server has rendered times in UTC.
pub fn show_local_times() {
    for card in cards(&document().query_selector_all(CARDS)) {
        show_local_times_in(&card);
    }
}

pub fn on_submit(event: &ev::SubmitEvent) {
    let form: Option<HtmlFormElement> = event.target().and_then(|form| form.dyn_into().ok());
    let Some(form) = form else {
        return;
    };
    // One with a file goes as it is.
    if form.enctype() == "multipart/form-data" {
        return;
    }
    event.prevent_default();
    spawn(async move {
        let answer = match fields(&form) {
            Some(fields) => submit(&form.action(), fields).await,
            None => None,
        };
        match answer {
            Some(answer) => show_answer(&form, &answer),
            None => show_note(&form, "The server could not be reached. Try again."),
        }
    });
}

/// The choices that the root element has, each as `data-<name>`, which is its cookie, too.
const CHOICES: [&str; 4] = ["theme", "layout", "previews", "clock"];

/// Such a choice is shown at once, and stored in a cookie. If the request fails, it lasts until the page is left.
pub fn on_change(event: &ev::Event) {
    let chosen: Option<HtmlInputElement> = event.target().and_then(|it| it.dyn_into().ok());
    let Some(chosen) = chosen.filter(|it| CHOICES.contains(&it.name().as_str())) else {
        return;
    };
    if let Some(page) = document().document_element() {
        let _ = page.set_attribute(&format!("data-{}", chosen.name()), &chosen.value());
    }
    if let Some(form) = chosen.form() {
        spawn(async move {
            if let Some(fields) = fields(&form) {
                submit(&form.action(), fields).await;
            }
        });
    }
}

fn fields(form: &HtmlFormElement) -> Option<String> {
    let data = web_sys::FormData::new_with_form(form).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    Some(fields.to_string().into())
}

/// A page without the card is another one, that of signing in: it is loaded.
fn show_answer(form: &HtmlFormElement, answer: &Response) {
    let Some(shown) = form.closest(".card").ok().flatten() else {
        return;
    };
    let present = cards(&document().query_selector_all(CARDS));
    let index = present.iter().position(|card| *card == shown);
    // Scripts that a page has in `inner_html` are not run.
    let card = document().create_element("div").ok().and_then(|page| {
        page.set_inner_html(&answer.body);
        let cards = cards(&page.query_selector_all(CARDS));
        cards.into_iter().nth(index?)
    });
    let Some(card) = card else {
        if answer.status < 400 {
            let _ = window().location().reload();
        } else {
            show_note(form, "The server has not taken it. Try again later.");
        }
        return;
    };
    shown.set_inner_html(&card.inner_html());
    show_local_times_in(&shown);
    let is_refused = matches!(
        shown.query_selector("[role=alert],[aria-invalid]"),
        Ok(Some(_))
    );
    if !is_refused && let Ok(Some(status)) = shown.query_selector("[role=status]") {
        status.set_text_content(Some("Saved."));
    }
    // The button that had the focus is gone.
    let next = shown.query_selector("[aria-invalid],button").ok().flatten();
    if let Some(next) = next.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = next.focus();
    }
}

fn show_note(form: &HtmlFormElement, text: &str) {
    if let Ok(Some(earlier)) = form.query_selector(".note") {
        earlier.remove();
    }
    if let Ok(note) = document().create_element("p") {
        note.set_class_name("note note-error");
        let _ = note.set_attribute("role", "alert");
        note.set_text_content(Some(text));
        let _ = form.prepend_with_node_1(&note);
    }
}

fn cards(found: &Result<web_sys::NodeList, wasm_bindgen::JsValue>) -> Vec<Element> {
    let Ok(found) = found else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into().ok())
        .collect()
}
