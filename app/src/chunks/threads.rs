//! The chunk of threads, pins and saved messages: the pane of a thread, the lists, and who has read a
//! message.

mod follow_button;
mod followed;
mod followers;
mod item;
mod live_list;
mod pane;
mod pins;
mod receipts;
mod reply_box;
mod saved;

use crate::ui::{adopt_style, chunk};
use leptos::prelude::AnyView;
use model::{ConversationId, MessageId};

/// What this chunk shows.
#[derive(Clone, Copy)]
pub enum ThreadsPart {
    /// A thread of the open conversation.
    Pane(MessageId),
    /// The threads that the user follows.
    Followed,
    /// The pinned messages of the open conversation.
    Pins(ConversationId),
    /// The user's saved messages.
    Saved,
    /// Who has read the message that the open conversation names.
    Receipts,
}

chunk!(THREADS: ThreadsPart = threads, show);

fn show(part: ThreadsPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/threads.css"));
    match part {
        ThreadsPart::Pane(root) => pane::pane(root),
        ThreadsPart::Followed => followed::followed(),
        ThreadsPart::Pins(id) => pins::pins(id),
        ThreadsPart::Saved => saved::saved(),
        ThreadsPart::Receipts => receipts::receipts(),
    }
}
