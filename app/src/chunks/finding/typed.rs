//! Asking the server for what is typed.

use crate::{
    client::{ChatClient, Found, spawn},
    erased_signal::ErasedSignal,
};
use leptos::prelude::*;
use std::time::Duration;

/// The server is asked when no key was pressed for this time.
pub const TYPING_DELAY: Duration = Duration::from_millis(120);
/// Characters that the server takes.
pub const MAX_QUERY: usize = 100;

/// Finds what is in a box now, unless it is empty. `keep` gets what was asked and the answer, if that is in the box still;
/// without an answer, `None`: the box has what the page knows.
pub fn find_typed(
    client: ChatClient,
    text: ErasedSignal<String>,
    keep: impl Fn(String, Option<Found>) + Copy + 'static,
) {
    let query = text.with_untracked(|text| text.trim().to_owned());
    if query.is_empty() {
        return;
    }
    let ask = move || {
        let is_now = move |query: &str| {
            let text = text.try_get_untracked();
            text.is_some_and(|text| text.trim() == query)
        };
        if !is_now(&query) {
            return;
        }
        spawn(async move {
            let found = client.find(&query).await.ok();
            if is_now(&query) {
                keep(query, found);
            }
        });
    };
    set_timeout(ask, TYPING_DELAY);
}
