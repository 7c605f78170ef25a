//! What covers the page while files are dragged over it: where they go when they are dropped.

use super::writing_box::WritingBox;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

/// A part of the page with a box of its own.
const PART: &str = "section,aside";
const NOTE: &str = ".drop-note";

/// The box that files go to: that of the thread that they are dropped on, or else the first one of the page.
pub fn box_for_files(event: &Event) -> Option<WritingBox> {
    let target: Option<Element> = event.target().and_then(|it| it.dyn_into().ok());
    let panel = target.and_then(|it| it.closest(PART).ok().flatten());
    let mut boxes = WritingBox::all();
    let around = |written: &WritingBox| {
        panel
            .as_ref()
            .is_some_and(|it| it.contains(Some(&written.area)))
    };
    boxes.sort_by_key(|written| (!around(written), written.file_field().is_none()));
    boxes.into_iter().next()
}

/// Over the part of the page that has the box.
pub fn show_drop_note(event: &Event) -> Option<()> {
    let written = box_for_files(event)?;
    written.file_field()?;
    let part = written.bar.closest(PART).ok()??;
    let place = written.area.placeholder();
    let place = place.strip_prefix("Message ").unwrap_or("the thread");
    let text = format!("Drop files to send them to {place}");
    let shown = document().query_selector(NOTE).ok()?;
    let note = match shown {
        Some(note) if note.parent_element().as_ref() == Some(&part) => note,
        other => {
            if let Some(other) = other {
                other.remove();
            }
            let note = document().create_element("div").ok()?;
            note.set_class_name("drop-note");
            part.append_child(&note).ok()?;
            note
        }
    };
    if note.text_content().as_deref() != Some(&text) {
        note.set_text_content(Some(&text));
    }
    Some(())
}

pub fn hide_drop_note() {
    if let Ok(Some(note)) = document().query_selector(NOTE) {
        note.remove();
    }
}
