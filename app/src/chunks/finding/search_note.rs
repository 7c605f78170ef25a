//! What the search panel says beside its results, and while there are none, and what may help then.

use super::{operators::without_operators, paged::Progress, search_state::SearchState};
use crate::{
    client::FoundProblem,
    ui::{dynamic_view, on},
};
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

/// The filters that do not do what they seem to say, each with what may be meant. Not while one is being written.
pub fn search_problems(state: SearchState) -> AnyView {
    let rows = dynamic_view(move || {
        if state.suggestions.is_open.get() {
            return ().into_any();
        }
        let problems = state.problems.get().into_iter();
        let rows: Vec<_> = problems.map(|it| problem_row(state, &it)).collect();
        rows.into_any()
    });
    any_view! { <div class="search-problems" role="status">{rows}</div> }
}

fn problem_row(state: SearchState, problem: &FoundProblem) -> AnyView {
    let suggestions = problem.suggestions.iter().map(|suggestion| {
        let (problem, suggestion) = (problem.clone(), suggestion.clone());
        let label = suggestion.clone();
        let replace = move |_| state.replace_filter(&problem, &suggestion);
        any_view! {
            <button type="button" class="choice-button" on:click=on::click(replace)>
                <bdi class="one-line notranslate">{label}</bdi>
            </button>
        }
    });
    let suggestions: Vec<_> = suggestions.collect();
    any_view! {
        <div class="search-problem">
            <p><strong class="notranslate"><bdi>{problem.filter.clone()}</bdi></strong> " " {problem.detail.clone()}</p>
            <div class="search-problem-choices">{suggestions}</div>
        </div>
    }
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
