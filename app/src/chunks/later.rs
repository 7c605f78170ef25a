//! The chunk of what comes later: drafts on all devices, scheduled messages and reminders. It is fetched once the
//! page is live, after what helps to write.

mod entries;
mod feed;
mod list;
mod merge;
mod notes;
mod notices;
mod places;
mod state;
mod syncing;
mod time_dialog;
mod times;

use crate::{
    client::ChatClient,
    router::Router,
    ui::{Zone, chunk},
};
use leptos::prelude::*;
use model::MessageId;

/// What the parts need of their page.
#[derive(Clone, Copy)]
pub struct LaterContext {
    pub client: ChatClient,
    pub router: Router,
    pub zone: Zone,
}

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
