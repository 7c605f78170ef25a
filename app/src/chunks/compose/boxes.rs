//! Listens for the boxes of the page, and gives each its bar.

use super::{
    bar::{BarState, bar},
    commands::runner::Runner,
    completion::Completion,
    context::Composing,
    drop_note::{box_for_files, hide_drop_note, show_drop_note},
    keys::{edit_of_key, sends},
    length,
    many::Many,
    note::Note,
    pasting::{has_files, on_drop, on_drop_files, on_paste},
    preview::Preview,
    voice::Voice,
    writing_box::WritingBox,
};
use crate::{erased_signal::ErasedSignal, ui::is_composing};
use leptos::{mount::mount_to, prelude::*};
use std::{
    any::Any,
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event};

/// A box that has its bar, until the page drops it.
struct Known {
    written: WritingBox,
    state: BarState,
    /// Takes the bar down when it is dropped.
    _mounted: Box<dyn Any>,
}

thread_local! {
    static LISTENS: Cell<bool> = const { Cell::new(false) };
    static KNOWN: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

/// From the first call on, for as long as the page is there.
pub fn listen(composing: Composing) {
    if LISTENS.replace(true) {
        return;
    }
    // What is mounted lives as long as its box: what focuses the box may end before.
    let root = Owner::new();
    let attach_to = move |written| root.with(|| attach(written, composing));
    let attach_focused = attach_to.clone();
    before_the_box("focusin", move |event| {
        if let Some(written) = WritingBox::around(event) {
            written.set_open(true);
            attach_focused(written);
        }
    });
    before_the_box("keydown", |event| {
        if let Some(event) = event
            .dyn_ref::<web_sys::KeyboardEvent>()
            .filter(|it| !is_composing(it))
            && let Some(written) = WritingBox::of(event)
        {
            on_key(event, &written);
        }
    });
    before_the_box("input", |event| {
        let input = event.dyn_ref::<web_sys::InputEvent>();
        let is_composing = input.is_some_and(web_sys::InputEvent::is_composing);
        if let Some(written) = WritingBox::of(event).filter(|_| !is_composing) {
            measure(&written);
            if input.is_some_and(|it| it.input_type() == "insertText") {
                close_code(&written);
            }
        }
    });
    // Whether a reply goes to the conversation as well.
    before_the_box("change", |event| {
        if let Some(written) = WritingBox::around(event)
            && let Some(state) = state_of(&written)
        {
            state.many.update(&written);
        }
    });
    // An input method is not through with the text before.
    before_the_box("compositionend", |event| {
        if let Some(written) = WritingBox::of(event) {
            measure(&written);
            close_code(&written);
        }
    });
    before_the_box("focusout", |event| {
        if let Some(written) = WritingBox::around(event) {
            set_timeout(
                move || written.set_open(written.has_focus()),
                PRESS_DURATION,
            );
        }
        if let Some(written) = WritingBox::of(event)
            && let Some(state) = state_of(&written)
        {
            state.completion.close(&written);
        }
    });
    before_the_box("submit", |event| {
        if let Some(written) = WritingBox::around(event) {
            before_sending(event, &written);
        }
    });
    before_the_box("paste", |event| {
        if let Some(written) = WritingBox::of(event)
            && on_paste(event, &written)
        {
            say(&written, NO_FILES);
        }
    });
    before_the_box("dragover", |event| {
        if has_files(event) && !is_for_picture(event) {
            event.prevent_default();
            show_drop_note(event);
        }
    });
    // From the window, or from one element to the next: then `dragover` comes again.
    before_the_box("dragleave", |_| hide_drop_note());
    before_the_box("drop", |event| {
        hide_drop_note();
        if is_for_picture(event) {
            return;
        }
        if !has_files(event) {
            return on_drop(event, WritingBox::of(event).as_ref());
        }
        take(event);
        if let Some(written) = box_for_files(event)
            && on_drop_files(event, &written)
        {
            say(&written, NO_FILES);
        }
    });
    for written in WritingBox::all() {
        written.set_open(written.has_focus());
        attach_to(written);
    }
}

/// For which a box that has lost the focus stays as high as it is: what moves under a finger misses its press.
const PRESS_DURATION: Duration = Duration::from_millis(300);

const NO_FILES: &str = "An edit takes no files.";
const TOO_LONG: &str = "This is too long to send.";

/// Listens to all events of a name, each before the box that it is of.
fn before_the_box(name: &str, act: impl Fn(&Event) + 'static) {
    let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| act(&event));
    let listener = listener.into_js_value();
    let _ =
        window().add_event_listener_with_callback_and_bool(name, listener.unchecked_ref(), true);
}

/// Gives a box its bar, unless it has it, and forgets those that are gone.
fn attach(written: WritingBox, composing: Composing) {
    let (gone, is_known) = KNOWN.with_borrow_mut(|all| {
        let gone: Vec<_> = all
            .extract_if(.., |it| !it.written.bar.is_connected())
            .collect();
        (gone, all.iter().any(|it| it.written == written))
    });
    drop(gone);
    if is_known {
        return;
    }
    let length = length::of(&written.area.value());
    // The signals belong to what is mounted, and end with it.
    let takes_files = written.file_field().is_some();
    let sends_messages = written.sends_messages();
    let list = format!("{}-completions", written.area.id());
    let made = Rc::new(Cell::new(None));
    let state = Rc::clone(&made);
    let mounted = mount_to(written.bar.clone(), move || {
        let note = ErasedSignal::new(Note::default());
        let Composing { client, router, .. } = composing;
        let state = BarState {
            length: ErasedSignal::new(length),
            note,
            completion: Completion::new(composing, list),
            commands: Runner::new(composing, note),
            picks_emoji: ErasedSignal::new(false),
            preview: Preview::new(client, router),
            many: Many::new(composing),
            voice: Voice::new(composing),
            takes_files,
            sends_messages,
        };
        // The parts of the page take it from there.
        provide_context(client);
        made.set(Some(state));
        bar(state)
    });
    let Some(state) = state.get() else {
        return;
    };
    state.many.update(&written);
    let known = Known {
        written,
        state,
        _mounted: Box::new(mounted),
    };
    KNOWN.with_borrow_mut(|all| all.push(known));
}

fn state_of(written: &WritingBox) -> Option<BarState> {
    KNOWN.with_borrow(|all| {
        let known = all.iter().find(|it| it.written == *written)?;
        Some(known.state)
    })
}

/// Shows a note in the bar of a box until its text changes.
fn say(written: &WritingBox, note: &'static str) {
    if let Some(state) = state_of(written) {
        state.note.set(Note::refusal(note));
    }
}

fn measure(written: &WritingBox) {
    if let Some(state) = state_of(written) {
        let length = length::of(&written.area.value());
        if state.length.get_untracked() != length {
            state.length.set(length);
        }
        if state.note.with_untracked(|note| !note.text.is_empty()) {
            state.note.set(Note::default());
        }
        state.completion.update(written);
        state.preview.update(written);
        state.many.update(written);
    }
}

/// What was typed last may end the code of an emoji.
fn close_code(written: &WritingBox) {
    if let Some(state) = state_of(written) {
        state.completion.close_code(written);
    }
}

fn on_key(event: &web_sys::KeyboardEvent, written: &WritingBox) {
    if state_of(written).is_some_and(|state| state.completion.on_key(event, written)) {
        take(event);
    } else if let Some(edit) = edit_of_key(event, written) {
        take(event);
        written.apply(&edit);
    } else if sends(event, written) {
        before_sending(event, written);
    }
}

/// A command and what is too long are not sent. What is sent leaves its box without an event.
fn before_sending(event: &Event, written: &WritingBox) {
    if state_of(written).is_some_and(|state| state.commands.take(written)) {
        take(event);
    } else if length::is_too_long(length::of(&written.area.value())) {
        take(event);
        say(written, TOO_LONG);
    } else {
        // After the box's own handler.
        let written = written.clone();
        set_timeout(move || measure(&written), Duration::ZERO);
    }
}

/// Whether files go to the picture of somebody there (`chunks/pictures.rs`).
fn is_for_picture(event: &Event) -> bool {
    let target: Option<Element> = event.target().and_then(|it| it.dyn_into().ok());
    target.is_some_and(|it| matches!(it.closest("[data-picture]"), Ok(Some(_))))
}

/// The event is not for the box any more.
fn take(event: &Event) {
    event.prevent_default();
    event.stop_propagation();
}
