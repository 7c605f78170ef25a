//! The chunk of forwarding: selecting messages, the dialog that says where they go, and where forwarded ones come
//! from.

mod dialog;
mod origins;
mod place_box;
mod selection;
mod state;

use crate::{
    client::ChatClient,
    erased_signal::{ErasedMemo, ErasedSignal},
    ui::{adopt_style, chunk},
};
use leptos::prelude::*;
use model::MessageId;

/// What this chunk shows and does.
#[derive(Clone, Copy)]
pub enum ForwardPart {
    /// Where the messages of `ConversationView::forwarding` go.
    Dialog,
    /// The box that selects the message of a row, if it has one.
    Box(ErasedMemo<Option<MessageId>>),
    /// How many are selected, and what can be done with them.
    Bar,
    /// Sets the link to the original of a forwarded message, as HTML. Shows nothing.
    Origin(ChatClient, MessageId, ErasedSignal<String>),
}

chunk!(FORWARD: ForwardPart = forward, show);

fn show(part: ForwardPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/choices.css"));
    adopt_style(include_str!("../../../style/chunks/palette.css"));
    adopt_style(include_str!("../../../style/chunks/forward.css"));
    match part {
        ForwardPart::Dialog => dialog::forward_dialog(),
        ForwardPart::Box(id) => selection::select_box(id),
        ForwardPart::Bar => selection::selection_bar(),
        ForwardPart::Origin(client, id, link) => {
            origins::ask(client, id, link);
            ().into_any()
        }
    }
}
