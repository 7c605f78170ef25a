//! The chunk of what comes later, and of what else only the user knows: drafts on all devices, scheduled messages,
//! reminders and muted conversations. It is fetched once the page is live, after what helps to write.

pub(in crate::chunks) mod boxes;
mod change_form;
mod entries;
mod feed;
mod file_list;
mod list;
mod merge;
pub(in crate::chunks) mod mutes;
pub(in crate::chunks) mod notes;
mod notices;
mod places;
mod state;
mod syncing;
mod tabs;
mod time_dialog;
pub(in crate::chunks) mod times;

use crate::ui::{adopt_style, chunk};
use leptos::prelude::*;
use model::MessageId;

pub use state::{LaterContext, reminder_of};

/// What this chunk does and shows.
#[derive(Clone, Copy)]
pub enum LaterPart {
    /// Begins to listen, or catches up after a connect. Shows nothing.
    Begin(LaterContext),
    /// The lists of drafts, scheduled messages and reminders.
    Lists,
    /// Asks when to remind the user of a message. Shows nothing where it is.
    Remind(LaterContext, MessageId),
}

chunk!(LATER: LaterPart = later, show);

fn show(part: LaterPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/choices.css"));
    adopt_style(include_str!("../../../style/chunks/later.css"));
    match part {
        LaterPart::Begin(context) => {
            let later = state::later(context);
            places::listen(later);
            feed::catch_up(later);
        }
        LaterPart::Lists => return list::lists(),
        LaterPart::Remind(context, id) => {
            let later = state::later(context);
            places::listen(later);
            later.reminding.set(Some(id));
        }
    }
    ().into_any()
}
