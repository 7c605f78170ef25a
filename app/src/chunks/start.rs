//! The chunk that starts conversations, and lists the keyboard shortcuts.

mod new_form;
mod open_channels;
mod shortcut_list;

use crate::{erased_signal::ErasedSignal, ui::chunk};
use leptos::prelude::AnyView;

/// What this chunk shows.
#[derive(Clone, Copy)]
pub enum StartPart {
    /// In the dialog that this signal closes.
    NewConversation(ErasedSignal<bool>),
    NewConversationPage,
    Shortcuts,
}

chunk!(START: StartPart = start, show);

fn show(part: StartPart) -> AnyView {
    match part {
        StartPart::NewConversation(open) => new_form::new_form(open, None),
        StartPart::NewConversationPage => new_form::new_conversation_page(),
        StartPart::Shortcuts => shortcut_list::shortcut_list(),
    }
}
