//! The place of the files that go with a message, above the box, and the field that takes them. What is in the tray
//! comes in the chunk of files.

use super::conversation_view::ConversationView;
use crate::{
    chunks::{FilesPart, LIVE, LivePart},
    erased_signal::memo,
    ui::{on, show_if},
};
use leptos::prelude::*;

/// The field is not seen: a button of the bar opens it, and what is dropped or pasted is set as its files.
pub fn tray(view: ConversationView) -> AnyView {
    let is_shown = memo(move || view.is_choosing.get() || !view.files.with(String::is_empty));
    any_view! {
        {show_if(move || is_shown.get().then(|| LIVE.view(LivePart::Files(FilesPart::Tray))))}
        <input
            type="file"
            multiple
            hidden
            aria-label="Files"
            on:change=on::input(move |_| view.is_choosing.set(true))
        />
    }
}
