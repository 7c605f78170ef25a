//! The dialog of a new poll, which is there at once; its form comes in a chunk.

use crate::{
    chunks::{
        POLLS, PollsPart,
        polls::state::{for_the_page, polls, suggest_question},
    },
    client::ChatClient,
    store::DraftPlace,
    ui::{Dialog, Zone, is_some},
};
use leptos::{mount::mount_to_body, prelude::*};
use std::cell::Cell;

thread_local! {
    static IS_MOUNTED: Cell<bool> = const { Cell::new(false) };
}

/// Opens the form, which sends the poll to this place, with a question if there is one.
pub fn ask(client: ChatClient, zone: Zone, place: DraftPlace, question: &str) {
    suggest_question(question);
    for_the_page(|| mount(client, zone));
    polls().asking.set(Some(place));
}

/// Once, for as long as the page is there.
fn mount(client: ChatClient, zone: Zone) {
    if IS_MOUNTED.replace(true) {
        return;
    }
    let asking = polls().asking;
    let form = move || {
        let place = asking.get_untracked()?;
        Some(POLLS.view_with_field(PollsPart::Form(client, zone, place)))
    };
    mount_to_body(move || {
        view! { <Dialog open=is_some(asking) title="New poll">{form()}</Dialog> }
    });
}
