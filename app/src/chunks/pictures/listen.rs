//! Files for pictures: chosen in a field, dropped on its place, or pasted.

use super::{
    cropper::{Job, open},
    send::address_of,
};
use crate::client::{ChatClient, object::get};
use leptos::{ev, prelude::*};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlInputElement};

const PLACE: &str = "[data-picture]";
const FIELD: &str = "[data-picture] input[type=file]";

thread_local! {
    static IS_LISTENING: Cell<bool> = const { Cell::new(false) };
}

/// From the first call on, for as long as the page is there.
pub fn listen(client: ChatClient) {
    // What was chosen before anybody listened.
    if let Ok(Some(field)) = document().query_selector(FIELD) {
        take_chosen(client, field);
    }
    if IS_LISTENING.replace(true) {
        return;
    }
    window_event_listener(ev::change, move |event| {
        if let Some(field) = element_of(&event)
            && matches!(field.matches(FIELD), Ok(true))
        {
            take_chosen(client, field);
        }
    });
    window_event_listener(ev::dragover, |event| {
        if place_of(&event).is_some() {
            event.prevent_default();
        }
    });
    window_event_listener(ev::drop, move |event| {
        if let Some(place) = place_of(&event) {
            event.prevent_default();
            take(
                client,
                &place,
                first_file(&get(&event, "dataTransfer")).as_ref(),
            );
        }
    });
    window_event_listener(ev::paste, move |event| {
        let Ok(Some(place)) = document().query_selector(PLACE) else {
            return;
        };
        let is_in_text = element_of(&event).is_some_and(|it| it.tag_name() == "TEXTAREA");
        let file = first_file(&get(&event, "clipboardData"));
        if !is_in_text && file.is_some() {
            event.prevent_default();
            take(client, &place, file.as_ref());
        }
    });
}

fn element_of(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn place_of(event: &Event) -> Option<Element> {
    element_of(event)?.closest(PLACE).ok()?
}

/// The first file of a field, of what was dropped or of what was pasted.
fn first_file(of: &JsValue) -> Option<JsValue> {
    let file = get(&get(of, "files"), "0");
    (!file.is_undefined() && !file.is_null()).then_some(file)
}

fn take_chosen(client: ChatClient, field: Element) {
    let Ok(field) = field.dyn_into::<HtmlInputElement>() else {
        return;
    };
    let file = first_file(&field);
    if let Ok(Some(place)) = field.closest(PLACE)
        && file.is_some()
    {
        take(client, &place, file.as_ref());
        // The same file can be chosen again.
        field.set_value("");
    }
}

fn take(client: ChatClient, place: &Element, file: Option<&JsValue>) {
    let path = place.get_attribute("data-picture");
    if let (Some(path), Some(address)) = (path, file.and_then(address_of)) {
        open(client, Job { path, address });
    }
}
