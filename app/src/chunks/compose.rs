//! The chunk of the boxes that messages are written in: the composer, the box of a thread, and the form of an edit.
//! Each is a plain box without this chunk. What they need of it they have by their markup alone: a text area in a
//! form with a place for the bar (`compose/writing_box.rs`). The window's events come here before they come to the
//! box. It is fetched as soon as the page is live.

mod action;
mod bar;
mod boxes;
mod commands;
mod completion;
mod context;
mod drop_note;
mod idle;
mod keys;
pub(in crate::chunks) mod length;
mod lines;
mod many;
mod marks;
mod note;
mod offer;
pub(in crate::chunks) mod pasting;
mod people;
mod places;
mod preview;
mod rich_text;
mod selection;
mod token;
mod voice;
mod writing_box;

pub use context::Composing;

use super::{LATER, LaterContext, LaterPart};
use crate::{
    client::spawn,
    messages::read_commands,
    ui::{adopt_style, chunk},
};

chunk!(COMPOSE: Composing => () = compose, begin);

/// After every connect. It listens once, however often it is called, and so does what comes later.
fn begin(composing: Composing) {
    adopt_style(include_str!("../../../style/chunks/compose.css"));
    let Composing {
        client,
        router,
        zone,
        sidebar,
    } = composing;
    boxes::listen(composing);
    read_commands();
    idle::fetch_when_idle(client, sidebar);
    let context = LaterContext {
        client,
        router,
        zone,
    };
    spawn(async move {
        // One that cannot be fetched is asked for after the next connect.
        if LATER.load().await.is_ok()
            && let Some(show) = LATER.entry()
        {
            drop(show(LaterPart::Begin(context)));
        }
    });
}
