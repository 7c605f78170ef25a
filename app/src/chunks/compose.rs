//! The chunk of the boxes that messages are written in: the composer, the box of a thread, and the form of an edit.
//! Each is a plain box without this chunk. What they need of it they have by their markup alone: a text area in a
//! form with a place for the bar (`compose/writing_box.rs`). The window's events come here before they come to the
//! box. It is fetched as soon as the page is live.

mod action;
mod bar;
mod boxes;
mod completion;
mod drop_note;
mod keys;
mod length;
mod lines;
mod marks;
mod pasting;
mod people;
mod rich_text;
mod selection;
mod token;
mod writing_box;

use crate::{client::ChatClient, router::Router, ui::chunk};

/// What the boxes need of their page.
#[derive(Clone, Copy)]
pub struct Composing {
    pub client: ChatClient,
    pub router: Router,
}

chunk!(COMPOSE: Composing => () = compose, begin);

/// Once, however often it is called.
fn begin(composing: Composing) {
    boxes::listen(composing.client, composing.router);
}
