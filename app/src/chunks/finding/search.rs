//! The search of messages: the box with its suggestions, where and in which order to search, and the results.

use super::{
    paged::{Progress, move_in_list},
    search_note::search_problems,
    search_results::result_list,
    search_state::{SearchState, Total, new_search_state},
    suggestions::{self, DATE_ID, Suggestion, Suggestions, active_id, suggestion_list},
};
use crate::{
    erased_signal::effect,
    store::{ConnectionStatus, Key},
    ui::{
        Icon, dynamic_attr, dynamic_text, focus_first, has_modifier, icon, on, once_built, show_if,
    },
};
use leptos::{ev, prelude::*};

const BOX_ID: &str = "search-box";

pub fn search() -> AnyView {
    let state = new_search_state();
    let finding = state.jumps.finding;
    effect(move || {
        let start = finding.search_start.get();
        state.within.set(start.within);
        if !start.text.is_empty() {
            state.text.set(start.text);
            state.suggestions.close();
            state.run();
        } else if state.text.with_untracked(|text| !text.is_empty()) {
            state.run();
        }
        once_built(|| focus_first(".search-panel input"));
    });
    any_view! {
        <div class="search" on:keydown=on::key(move |event| move_in_list(&event, ".search-result", ".search-panel input"))>
            <form
                class="search-form"
                role="search"
                on:submit=on::submit(move |event| {
                    event.prevent_default();
                    state.suggestions.close();
                    state.run();
                })
            >
                {search_box(state)}
                {suggestion_list(state.suggestions, move |picked| pick(state, &picked))}
                {choices(state)}
            </form>
            {search_problems(state)}
            {status(state)}
            {result_list(state)}
        </div>
    }
}

fn pick(state: SearchState, picked: &Suggestion) {
    if state.suggestions.pick(picked) {
        state.run();
    }
    focus_first(".search-panel input");
}

fn search_box(state: SearchState) -> AnyView {
    let suggestions = state.suggestions;
    let on_key = move |event: ev::KeyboardEvent| {
        let is_taken = match event.key().as_str() {
            _ if has_modifier(&event) => false,
            "ArrowDown" => suggestions.move_active(true),
            "ArrowUp" => suggestions.move_active(false),
            "Enter" => suggestions
                .active_suggestion()
                .map(|picked| pick(state, &picked))
                .is_some(),
            "Escape" if suggestions.is_open.get_untracked() => {
                suggestions.close();
                true
            }
            _ => false,
        };
        if is_taken {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    any_view! {
        <div class="search-box">
            {icon(Icon::Search)}
            <input
                id=BOX_ID
                type="search"
                role="combobox"
                placeholder="Search messages"
                aria-label="Search messages"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                enterkeyhint="search"
                aria-autocomplete="list"
                aria-controls=suggestions::LIST_ID
                aria-expanded=dynamic_attr(move || suggestions.is_open.get().to_string())
                aria-activedescendant=active_id(suggestions)
                prop:value=move || state.text.get()
                on:input=on::input(move |event| {
                    state.text.set(event_target_value(&event));
                    suggestions.update();
                    state.run_after_typing();
                })
                on:focus=on::focus(move |_| {
                    if state.text.with_untracked(String::is_empty) {
                        suggestions.update();
                    }
                })
                on:focusout=on::focus(move |event| close_unless_date(&event, suggestions))
                on:keydown=on::key(on_key)
            />
        </div>
    }
}

/// The field of a date is a part of the suggestions.
fn close_unless_date(event: &ev::FocusEvent, suggestions: Suggestions) {
    use wasm_bindgen::JsCast;
    let next = event.related_target();
    let next: Option<web_sys::Element> = next.and_then(|next| next.dyn_into().ok());
    if next.is_none_or(|next| next.id() != DATE_ID) {
        suggestions.close();
    }
}

/// Where to search, and the order of the results.
fn choices(state: SearchState) -> AnyView {
    let client = state.jumps.client;
    let router = state.jumps.router;
    let scope = move || state.within.get().or_else(|| router.conversation());
    let within = show_if(move || {
        let id = scope()?;
        let title = client
            .store
            .with(&[Key::Head(id)], |store| store.title(id).map(str::to_owned))?;
        let toggle = move |_| {
            let within = state.within.get_untracked();
            state
                .within
                .set(if within.is_some() { None } else { Some(id) });
            state.run();
        };
        let pressed = dynamic_attr(move || state.within.get().is_some().to_string());
        Some(any_view! {
            <button type="button" class="choice-button" aria-pressed=pressed on:click=on::click(toggle)>
                <span class="one-line">"Only in " <bdi class="notranslate">{title}</bdi></span>
            </button>
        })
    });
    let best = move |_| {
        state.best_first.update(|best| *best = !*best);
        state.run();
    };
    any_view! {
        <div class="choice-buttons">
            {within}
            <button
                type="button"
                class="choice-button"
                aria-pressed=dynamic_attr(move || state.best_first.get().to_string())
                on:click=on::click(best)
            >
                "Best first"
            </button>
        </div>
    }
}

/// How many results there are, or that the page is offline.
fn status(state: SearchState) -> AnyView {
    let connection = state.jumps.client.connection_status();
    let count = dynamic_text(move || {
        let has_results = state.results.items.with(|items| !items.is_empty());
        let progress = state.results.progress.get();
        match (state.total.get(), progress) {
            (_, Progress::Idle | Progress::Failed(_)) => String::new(),
            (_, Progress::Loading) if !has_results => String::new(),
            (Total { count: 0, .. }, _) if has_results => "Similar messages".to_owned(),
            (Total { count: 0, .. }, _) => "Nothing found".to_owned(),
            (Total { count: 1, .. }, _) => "1 message".to_owned(),
            (Total { count, is_exact }, _) => {
                format!("{count}{} messages", if is_exact { "" } else { "+" })
            }
        }
    });
    // Where there is nothing, the list says so and helps.
    let class = dynamic_attr(move || {
        if state.results.items.with(Vec::is_empty) {
            "sr-only"
        } else {
            "search-count"
        }
    });
    let offline = show_if(move || {
        (connection.get() != ConnectionStatus::Online).then(|| {
            any_view! {
                <p class="note note-offline">"You are offline. Messages are searched on the server, so new searches wait for the connection."</p>
            }
        })
    });
    any_view! {
        {offline}
        <p class=class role="status">{count}</p>
    }
}
