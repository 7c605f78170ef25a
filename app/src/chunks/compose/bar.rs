//! The bar of a box: buttons for what keys do as well, and how much may still be written.

use super::{
    action::Action, commands::runner::Runner, completion::Completion, length, many::Many,
    note::Note, preview::Preview, selection::Edit, voice::Voice, writing_box::WritingBox,
};
use crate::{
    chunks::{EMOJI, EmojiPicker, Taken},
    client::use_client,
    erased_signal::ErasedSignal,
    ui::{dynamic_attr, dynamic_text, has_modifier, on, show_if, svg_html},
};
use leptos::{ev, prelude::*, tachys::html::InertElement};
use wasm_bindgen::JsCast;

/// What the bar of a box shows.
#[derive(Clone, Copy)]
pub struct BarState {
    /// Characters of the text.
    pub length: ErasedSignal<usize>,
    pub note: ErasedSignal<Note>,
    pub completion: Completion,
    pub commands: Runner,
    /// Whether the picker of emoji is open.
    pub picks_emoji: ErasedSignal<bool>,
    pub preview: Preview,
    pub many: Many,
    pub voice: Voice,
    /// Whether the box has a field for files.
    pub takes_files: bool,
    /// Whether messages are sent with it, and polls.
    pub sends_messages: bool,
}

pub fn bar(state: BarState) -> AnyView {
    // One stop of the Tab key: the arrows go on from there.
    let stop = ErasedSignal::new(0_usize);
    let mut buttons = Vec::new();
    if state.takes_files {
        buttons.push(file_button(0, stop));
    }
    if state.takes_files && state.sends_messages && Voice::is_possible() {
        buttons.push(voice_button(buttons.len(), stop, state.voice));
    }
    for action in Action::ALL {
        buttons.push(button(buttons.len(), action, stop));
    }
    buttons.push(preview_button(buttons.len(), stop, state.preview));
    buttons.push(mention_button(buttons.len(), stop));
    if state.sends_messages {
        buttons.push(poll_button(buttons.len(), stop, state.commands));
    }
    // The last one is always in view.
    buttons.push(emoji_button(buttons.len(), stop, state.picks_emoji));
    any_view! {
        {state.preview.view()}
        {state.many.view()}
        {state.voice.view()}
        <div
            class="compose-tools"
            role="toolbar"
            aria-label="Formatting"
            on:pointerdown=on::pointer(|event| event.prevent_default())
            on:keydown=on::key(move |event| on_key(&event, stop))
        >
            {buttons}
        </div>
        {emoji_picker(state.picks_emoji)}
        {state.completion.view()}
        {note(state)}
    }
}

fn button(index: usize, action: Action, stop: ErasedSignal<usize>) -> AnyView {
    let act = move |event: ev::MouseEvent| {
        stop.set(index);
        if let Some(written) = WritingBox::around(&event) {
            written.apply(&action.edit(written.selection()));
        }
    };
    let keys = Some((action.keys(), action.aria_keys()));
    tool(index, stop, action.label(), action.path(), keys, act, None)
}

/// A button with its keys, as people and as screen readers read them.
fn tool(
    index: usize,
    stop: ErasedSignal<usize>,
    label: &'static str,
    path: &str,
    keys: Option<(String, String)>,
    act: impl Fn(ev::MouseEvent) + 'static,
    pressed: Option<ErasedSignal<bool>>,
) -> AnyView {
    let title = match &keys {
        Some((keys, _)) => format!("{label} ({keys})"),
        None => label.to_owned(),
    };
    any_view! {
        <button
            type="button"
            class="icon-button compose-tool"
            aria-label=label
            title=title
            aria-keyshortcuts=keys.map(|(_, keys)| keys)
            aria-pressed=move || pressed.map(|it| it.get().to_string())
            tabindex=dynamic_attr(move || if stop.get() == index { "0" } else { "-1" })
            on:click=on::click(act)
        >
            {InertElement::new(svg_html(path))}
        </button>
    }
}

/// Opens the browser's list of files.
fn file_button(index: usize, stop: ErasedSignal<usize>) -> AnyView {
    let act = move |event: ev::MouseEvent| {
        stop.set(index);
        if let Some(field) = WritingBox::around(&event).and_then(|written| written.file_field()) {
            field.click();
        }
    };
    tool(
        index,
        stop,
        "Add files",
        "M20 11.500l-8.500 8.500a5.500 5.500 0 01-8-8L12 3.500a3.700 3.700 0 015.300 5.300L9 17a1.800 1.800 0 01-2.600-2.600L14 7",
        None,
        act,
        None,
    )
}

/// Begins a voice message.
fn voice_button(index: usize, stop: ErasedSignal<usize>, voice: Voice) -> AnyView {
    let act = move |event: ev::MouseEvent| {
        stop.set(index);
        if let Some(written) = WritingBox::around(&event) {
            voice.begin(&written);
        }
    };
    let path = "M9 6a3 3 0 016 0v6a3 3 0 01-6 0zM5.500 11.500a6.500 6.500 0 0013 0M12 18v3";
    tool(index, stop, "Record a voice message", path, None, act, None)
}

/// Begins a mention: the list of people opens for what it writes.
fn mention_button(index: usize, stop: ErasedSignal<usize>) -> AnyView {
    let act = move |event: ev::MouseEvent| {
        stop.set(index);
        if let Some(written) = WritingBox::around(&event) {
            let selection = written.selection();
            let before = selection.before();
            let is_apart = before.is_empty() || before.ends_with(char::is_whitespace);
            let sign = if is_apart { "@" } else { " @" };
            written.apply(&Edit::insert(&selection, sign));
        }
    };
    tool(
        index,
        stop,
        "Mention somebody",
        "M16 12a4 4 0 11-8 0 4 4 0 018 0zm0 0c0 2 1 3 2.500 3S21 13.500 21 12a9 9 0 10-4 7.500",
        None,
        act,
        None,
    )
}

/// Opens the form of a poll. What is written in the box stays.
fn poll_button(index: usize, stop: ErasedSignal<usize>, commands: Runner) -> AnyView {
    let act = move |event: ev::MouseEvent| {
        stop.set(index);
        if let Some(written) = WritingBox::around(&event) {
            commands.ask_poll(&written);
        }
    };
    let path = "M4 20h16M6 16v-5M12 16V5M18 16v-8";
    tool(index, stop, "New poll", path, None, act, None)
}

/// Of the bar in which the picker is.
const EMOJI_BUTTON: &str = ".compose-bar:has(.emoji-picker) .compose-tool[aria-label='Emoji']";

fn emoji_button(index: usize, stop: ErasedSignal<usize>, is_open: ErasedSignal<bool>) -> AnyView {
    let act = move |_| {
        stop.set(index);
        is_open.set(!is_open.get_untracked());
    };
    let path = "M21 12a9 9 0 11-18 0 9 9 0 0118 0zM8.500 14.500c.8 1.200 2 2 3.500 2s2.700-.8 3.500-2M9 9.500h.01M15 9.500h.01";
    tool(index, stop, "Emoji", path, None, act, None)
}

fn preview_button(index: usize, stop: ErasedSignal<usize>, preview: Preview) -> AnyView {
    let act = move |event: ev::MouseEvent| {
        stop.set(index);
        if let Some(written) = WritingBox::around(&event) {
            preview.toggle(&written);
        }
    };
    let path = "M2 12s3.500-6.500 10-6.500S22 12 22 12s-3.500 6.500-10 6.500S2 12 2 12zM15 12a3 3 0 11-6 0 3 3 0 016 0z";
    tool(
        index,
        stop,
        "Preview",
        path,
        None,
        act,
        Some(preview.is_open),
    )
}

/// Writes emoji in the place of what is selected.
fn emoji_picker(is_open: ErasedSignal<bool>) -> AnyView {
    let client = use_client();
    // The picker is in the form of its box.
    let written = || WritingBox::with(&document().query_selector(".emoji-picker").ok()??);
    let picker = EmojiPicker {
        client,
        label: "Pick an emoji",
        button: EMOJI_BUTTON,
        take: Callback::new(move |taken: Taken| {
            let written = written();
            if !taken.stays {
                is_open.set(false);
            }
            if let Some(written) = written {
                written.apply(&Edit::insert(&written.selection(), taken.emoji));
            }
        }),
        close: Callback::new(move |was_inside| {
            let written = written();
            is_open.set(false);
            if let Some(written) = written.filter(|_| was_inside) {
                let _ = written.area.focus();
            }
        }),
    };
    show_if(move || is_open.get().then(|| EMOJI.view_with_field(picker)))
}

fn on_key(event: &ev::KeyboardEvent, stop: ErasedSignal<usize>) {
    if has_modifier(event) {
        return;
    }
    let toolbar: Option<web_sys::Element> =
        event.current_target().and_then(|it| it.dyn_into().ok());
    let Some(buttons) = toolbar.and_then(|it| it.query_selector_all("button").ok()) else {
        return;
    };
    let (at, last) = (
        stop.get_untracked(),
        buttons.length().saturating_sub(1) as usize,
    );
    let next = match &*event.key() {
        "ArrowRight" => {
            if at == last {
                0
            } else {
                at + 1
            }
        }
        "ArrowLeft" => at.checked_sub(1).unwrap_or(last),
        "Home" => 0,
        "End" => last,
        "Escape" => {
            event.stop_propagation();
            if let Some(written) = WritingBox::around(event) {
                let _ = written.area.focus();
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    stop.set(next);
    let next = u32::try_from(next).ok().and_then(|next| buttons.item(next));
    if let Some(next) = next.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = next.focus();
    }
}

/// How much is left, and a note. Screen readers are told in steps.
fn note(state: BarState) -> AnyView {
    let count = dynamic_text(move || length::shown(state.length.get()));
    let told = dynamic_text(move || match &*state.note.get().text {
        "" => length::told(state.length.get()),
        note => note.to_owned(),
    });
    let class = dynamic_attr(move || {
        if length::is_too_long(state.length.get()) {
            "compose-count compose-too-long"
        } else {
            "compose-count"
        }
    });
    let note_class = dynamic_attr(move || {
        state.note.with(|note| {
            if note.text.is_empty() {
                "sr-only"
            } else if note.is_refusal {
                "compose-note compose-refusal"
            } else {
                "compose-note"
            }
        })
    });
    any_view! {
        <span class=class aria-hidden="true">{count}</span>
        <span class=note_class role="status">{told}</span>
    }
}
