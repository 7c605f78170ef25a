//! What is pasted and dropped: formatted text becomes Markdown, and an address over a text its link.

use super::{
    keys::pastes_plain,
    lines::is_in_code,
    marks::link_to,
    rich_text::{Clip, to_markdown},
    selection::Edit,
    writing_box::WritingBox,
};
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Event;

/// What a paste or a drop brings: the `DataTransfer` of its event.
struct Transfer(JsValue);

impl Transfer {
    fn of(event: &Event) -> Option<Self> {
        let get = |name| Reflect::get(event, &JsValue::from_str(name)).ok();
        let is_there = |it: &JsValue| it.is_object();
        let paste = get("clipboardData").filter(is_there);
        paste
            .or_else(|| get("dataTransfer").filter(is_there))
            .map(Self)
    }

    fn text(&self, kind: &str) -> String {
        let get = Reflect::get(&self.0, &JsValue::from_str("getData"));
        let get = get.ok().and_then(|it| it.dyn_into::<Function>().ok());
        let text = get.and_then(|get| get.call1(&self.0, &JsValue::from_str(kind)).ok());
        text.and_then(|text| text.as_string()).unwrap_or_default()
    }

    fn has(&self, kind: &str) -> bool {
        let types = Reflect::get(&self.0, &JsValue::from_str("types"));
        types.is_ok_and(|types| Array::from(&types).includes(&JsValue::from_str(kind), 0))
    }

    /// Gives the files to the field of a box, as if they were chosen there. Whether it has one.
    fn give_files_to(&self, written: &WritingBox) -> bool {
        let Some(field) = written.file_field() else {
            return false;
        };
        let is_set = with_files(&field, &self.0).is_some_and(|files| {
            Reflect::set(&field, &JsValue::from_str(FILES), &files).unwrap_or(false)
        });
        if is_set && let Ok(event) = Event::new("change") {
            let _ = field.dispatch_event(&event);
        }
        is_set
    }

    fn clip(&self) -> Clip {
        Clip {
            plain: self.text("text/plain").replace("\r\n", "\n"),
            html: self.text("text/html"),
            editor: self.text("vscode-editor-data"),
        }
    }
}

const FILES: &str = "files";

/// The files that a field has, which the tray has not taken yet, and those of a transfer: a list of files is made by a
/// `DataTransfer` only.
fn with_files(field: &JsValue, transfer: &JsValue) -> Option<JsValue> {
    let get = |object: &JsValue, name| Reflect::get(object, &JsValue::from_str(name)).ok();
    let constructor = get(transfer, "constructor")?.dyn_into::<Function>().ok()?;
    let all = Reflect::construct(&constructor, &Array::new()).ok()?;
    let items = get(&all, "items")?;
    let add = get(&items, "add")?.dyn_into::<Function>().ok()?;
    for list in [get(field, FILES)?, get(transfer, FILES)?] {
        for file in Array::from(&list) {
            add.call1(&items, &file).ok()?;
        }
    }
    get(&all, FILES)
}

/// The plain text that a paste or a drop brings.
pub fn plain_text_of(event: &Event) -> String {
    Transfer::of(event).map_or_else(String::new, |it| it.text("text/plain"))
}

/// Pastes what needs more than the browser does. Whether there are files that the box does not take.
pub fn on_paste(event: &Event, written: &WritingBox) -> bool {
    let Some(transfer) = Transfer::of(event) else {
        return false;
    };
    let clip = transfer.clip();
    // A picture that was copied in a browser has its address beside it, and one of an office its text.
    if clip.plain.is_empty() && transfer.has("Files") {
        take(event);
        return !transfer.give_files_to(written);
    }
    let selection = written.selection();
    if pastes_plain() || is_in_code(&selection) {
        return false;
    }
    if let Some(edit) = link_to(&selection, &clip.plain) {
        take(event);
        written.apply(&edit);
    } else if let Some(text) = to_markdown(&clip) {
        take(event);
        written.apply(&Edit::insert(&selection, text));
    }
    false
}

/// Whether files are dragged. Over the page they would take its place when they are dropped.
pub fn has_files(event: &Event) -> bool {
    Transfer::of(event).is_some_and(|transfer| transfer.has("Files"))
}

/// Gives files to a box. Whether it has not taken them.
pub fn on_drop_files(event: &Event, written: &WritingBox) -> bool {
    let transfer = Transfer::of(event);
    !transfer.is_some_and(|transfer| transfer.give_files_to(written))
}

/// Drops a formatted text into a box.
pub fn on_drop(event: &Event, written: Option<&WritingBox>) {
    let Some(transfer) = Transfer::of(event) else {
        return;
    };
    if let Some(written) = written
        && let Some(text) = to_markdown(&transfer.clip())
    {
        take(event);
        let mut selection = written.selection();
        selection.start = selection.end;
        written.apply(&Edit::insert(&selection, text));
    }
}

fn take(event: &Event) {
    event.prevent_default();
    event.stop_propagation();
}
