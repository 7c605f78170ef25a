//! The picker of an emoji: a field that searches, a grid, and the skin tone. On phones it is a sheet.

use super::{
    data::{self, EmojiData},
    grid,
};
use crate::{
    client::{ChatClient, keep_skin_tone, skin_tone, spawn},
    messages::record_use,
    ui::{focus_first, has_modifier, has_pointer, is_composing, once_built, place_menu},
};
use leptos::{ev, prelude::*};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::Element;

const PICKER: &str = ".emoji-picker";
const FIELD: &str = ".emoji-picker input";

/// Skin tones as they are offered.
const TONES: [(&str, &str); 6] = [
    ("✋", "no skin tone"),
    ("✋🏻", "light"),
    ("✋🏼", "medium light"),
    ("✋🏽", "medium"),
    ("✋🏾", "medium dark"),
    ("✋🏿", "dark"),
];

/// An emoji that somebody takes.
#[derive(Clone)]
pub struct Taken {
    pub emoji: String,
    /// With Shift, the picker stays for the next one.
    pub stays: bool,
}

/// A picker, beside the button that opens it.
#[derive(Clone, Copy)]
pub struct EmojiPicker {
    pub client: ChatClient,
    pub label: &'static str,
    /// The selector of the button.
    pub button: &'static str,
    pub take: Callback<Taken>,
    /// Called by Escape, and by a press elsewhere: whether the focus was in the picker.
    pub close: Callback<bool>,
}

#[derive(Clone, PartialEq)]
enum Loading {
    Begun,
    Failed,
    Done(Arc<EmojiData>),
}

pub fn picker(picker: EmojiPicker) -> AnyView {
    let (query, tone) = (RwSignal::new(String::new()), RwSignal::new(skin_tone()));
    let loading = RwSignal::new(data::loaded().map_or(Loading::Begun, Loading::Done));
    if loading.with_untracked(|it| *it == Loading::Begun) {
        load(picker, loading);
    }
    let html = Memo::new(move |_| match loading.get() {
        Loading::Done(data) => grid::html(&data, &query.get(), tone.get()),
        _ => String::new(),
    });
    Effect::new(move |_| once_built(move || open(picker)));
    close_on_press_elsewhere(picker);
    view! {
        <div
            class="menu-panel emoji-picker"
            role="group"
            tabindex="-1"
            aria-label=picker.label
            on:keydown=move |event| on_key(&event, picker)
            on:click=move |event| event.stop_propagation()
        >
            <input
                type="search"
                aria-label="Search emoji"
                placeholder="Search emoji"
                autocomplete="off"
                enterkeyhint="done"
                on:input=move |event| query.set(event_target_value(&event))
            />
            <div class="emoji-grid notranslate" on:click=move |event| on_click(&event, picker) inner_html=html></div>
            {move || note(picker, loading)}
            <footer>
                <span class="muted grow" role="status">{move || told(&loading.get(), &query.get(), &html.get())}</span>
                {tones(tone)}
            </footer>
        </div>
    }
    .into_any()
}

fn load(picker: EmojiPicker, loading: RwSignal<Loading>) {
    loading.set(Loading::Begun);
    spawn(async move {
        let data = data::load(picker.client).await;
        // The picker may be closed by now.
        let _ = loading.try_set(data.map_or(Loading::Failed, Loading::Done));
    });
}

/// Puts it beside its button. Fingers do not get a keyboard over it.
fn open(picker: EmojiPicker) {
    if has_pointer() {
        place_menu(PICKER, picker.button);
    } else {
        focus_first(PICKER);
    }
}

fn note(picker: EmojiPicker, loading: RwSignal<Loading>) -> Option<AnyView> {
    let failed = loading.with(|it| *it == Loading::Failed);
    failed.then(|| {
        view! {
            <div role="alert">
                <p>"Could not load. Try again."</p>
                <button type="button" class="button" on:click=move |_| load(picker, loading)>
                    "Try again"
                </button>
            </div>
        }
        .into_any()
    })
}

fn told(loading: &Loading, query: &str, html: &str) -> String {
    match (loading, grid::count(html)) {
        (Loading::Begun, _) => "Loading…".to_owned(),
        (Loading::Done(_), 0) => "No emoji found".to_owned(),
        (Loading::Done(_), 1) => "1 emoji found".to_owned(),
        (Loading::Done(_), count) if !query.trim().is_empty() => format!("{count} emoji found"),
        _ => String::new(),
    }
}

fn tones(tone: RwSignal<usize>) -> AnyView {
    let choose = move |event: ev::Event| {
        let chosen = event_target_value(&event).parse().unwrap_or_default();
        keep_skin_tone(chosen);
        tone.set(chosen);
    };
    let options: Vec<_> = TONES
        .into_iter()
        .enumerate()
        .map(|(at, (hand, name))| {
            let is_chosen = tone.get_untracked() == at;
            view! { <option value=at.to_string() selected=is_chosen>{format!("{hand} {name}")}</option> }
        })
        .collect();
    view! {
        <select aria-label="Skin tone" on:change=choose>
            {options}
        </select>
    }
    .into_any()
}

fn take(picker: EmojiPicker, emoji: String, stays: bool) {
    record_use(&emoji);
    let focused = document().active_element();
    picker.take.run(Taken { emoji, stays });
    if stays
        && let Some(focused) = focused.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
    {
        // What takes it may take the focus, too.
        let _ = focused.focus();
    }
}

fn on_click(event: &ev::MouseEvent, picker: EmojiPicker) {
    let target: Option<Element> = event.target().and_then(|it| it.dyn_into().ok());
    if let Some(emoji) = target.and_then(|target| grid::emoji_of(Some(&target))) {
        take(picker, emoji, event.shift_key());
    }
}

fn on_key(event: &ev::KeyboardEvent, picker: EmojiPicker) {
    // The keys of the page and of the form are none of the picker.
    event.stop_propagation();
    let target: Option<Element> = event.target().and_then(|it| it.dyn_into().ok());
    let Some(target) = target.filter(|_| !is_composing(event)) else {
        return;
    };
    let (key, is_field) = (event.key(), matches!(target.matches("input"), Ok(true)));
    let is_in_grid = matches!(target.closest(".emoji-grid"), Ok(Some(_)));
    if key == "Enter"
        && (is_field || is_in_grid)
        && !(event.ctrl_key() || event.meta_key() || event.alt_key())
    {
        event.prevent_default();
        if let Some(emoji) = grid::emoji_of(is_in_grid.then_some(&target)) {
            take(picker, emoji, event.shift_key());
        }
    } else if has_modifier(event) {
    } else if key == "Escape" {
        event.prevent_default();
        picker.close.run(true);
    } else if is_in_grid && grid::move_focus(&key)
        || is_field && key == "ArrowDown" && grid::move_focus(&key)
    {
        event.prevent_default();
    } else if is_in_grid && (key == "ArrowUp" || key != " " && key.chars().count() == 1) {
        // What is typed goes on in the field.
        focus_first(FIELD);
        if key == "ArrowUp" {
            event.prevent_default();
        }
    }
}

fn close_on_press_elsewhere(picker: EmojiPicker) {
    let near = format!("{PICKER},{}", picker.button);
    let pressed = window_event_listener(ev::pointerdown, move |event| {
        let target: Option<Element> = event.target().and_then(|it| it.dyn_into().ok());
        if !target.is_some_and(|target| matches!(target.closest(&near), Ok(Some(_)))) {
            picker.close.run(false);
        }
    });
    on_cleanup(move || pressed.remove());
}
