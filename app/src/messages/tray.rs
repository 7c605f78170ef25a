//! The place of the files that go with a message, above the box, and the field that takes them. What is in the tray
//! comes in the chunk of files.

use super::conversation_view::ConversationView;
use crate::{
    chunks::{CHOSEN_FILES, FILES, FilesPart},
    client::spawn,
    error::AppError,
    ui::{on, show_if},
};
use leptos::prelude::*;

/// The field is not seen: a button of the bar opens it, and what is dropped or pasted is set as its files.
pub fn tray(view: ConversationView) -> AnyView {
    let take = move |_| {
        spawn(async move {
            if CHOSEN_FILES.load().await.is_err() {
                view.problem.set(Some(AppError::unreachable().0));
            } else if let Some(take) = CHOSEN_FILES.entry() {
                take(view);
            }
        });
    };
    any_view! {
        {show_if(move || (!view.files.with(Vec::is_empty)).then(|| FILES.view(FilesPart::Tray(view))))}
        <input type="file" multiple hidden aria-label="Files" on:change=on::input(take) />
    }
}
