//! What the search panel says while there are no results, and what may help then.

use super::{operators::without_operators, paged::Progress, search_state::SearchState};
use crate::ui::{dynamic_view, on};
use leptos::prelude::*;

pub fn search_note(state: SearchState) -> AnyView {
    dynamic_view(move || {
        let is_empty = state.results.items.with(Vec::is_empty);
        match state.results.progress.get() {
            Progress::Idle => introduction(),
            Progress::End if is_empty => nothing_found(state),
            _ => ().into_any(),
        }
    })
}

/// What may help where nothing was found.
fn nothing_found(state: SearchState) -> AnyView {
    let search = state.searched.get();
    let everywhere = search.conversation_id.map(|_| {
        let widen = move |_| {
            state.within.set(None);
            state.run();
        };
        any_view! {
            <button type="button" class="button" on:click=on::click(widen)>"Search all conversations"</button>
        }
    });
    let plain = without_operators(&search.query).map(|plain| {
        let label = format!("Search for “{plain}” without filters");
        let drop_operators = move |_| {
            state.text.set(plain.clone());
            state.run();
        };
        any_view! {
            <button type="button" class="button" on:click=on::click(drop_operators)>{label}</button>
        }
    });
    any_view! {
        <div class="search-empty">
            <p><strong>"Nothing found for “" <bdi>{search.query}</bdi> "”"</strong></p>
            <p class="muted">"Any part of a word is found, in any case. Fewer words find more."</p>
            {everywhere}
            {plain}
        </div>
    }
}

/// What the panel says before anything was searched for.
fn introduction() -> AnyView {
    let examples = [
        "from:me has:link",
        "is:unread mentions:me",
        "in:general after:2026",
        "\"as soon as\" -draft",
    ];
    let examples: Vec<_> = examples
        .into_iter()
        .map(|example| any_view! { <li><code>{example}</code></li> })
        .collect();
    any_view! {
        <div class="search-empty">
            <p class="muted">"Search all conversations that you can read. Narrow it down:"</p>
            <ul class="search-examples">{examples}</ul>
        </div>
    }
}
