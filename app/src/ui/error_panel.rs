//! What a page says when there is nothing to show, or something went wrong.

use super::shown;
use super::{Icon, icon};
use leptos::prelude::*;
use leptos_meta::Title;
use model::Problem;

/// A calm page in place of content: what is the case, and what to do next.
pub fn empty_state(picture: Icon, title: &str, text: &str, action: AnyView) -> AnyView {
    view! {
        <div class="empty">
            <span class="empty-picture">{icon(picture)}</span>
            <h2>{title.to_owned()}</h2>
            <p>{text.to_owned()}</p>
            {action}
        </div>
    }
    .into_any()
}

/// The same for a pane that could not be loaded.
pub fn error_panel(problem: &Problem) -> AnyView {
    view! {
        <div role="alert" class="grow-pane">
            {empty_state(Icon::Warning, &problem.title, &problem.detail, back_home())}
        </div>
    }
    .into_any()
}

fn back_home() -> AnyView {
    view! {
        <a class="button" href="/">
            "Back to your conversations"
        </a>
    }
    .into_any()
}

/// The page of an address that leads nowhere.
pub fn not_found() -> AnyView {
    view! {
        <Title text="Not found · Parlance" />
        <main class="lone-page">
            <h1 class="sr-only">"Parlance"</h1>
            {empty_state(
                Icon::Search,
                "There is nothing here",
                "The address may be mistyped, or what it led to is gone.",
                back_home(),
            )}
        </main>
    }
    .into_any()
}

/// What a form was refused for, unless a field says it.
pub fn problem_note(problem: Signal<Option<Problem>>) -> AnyView {
    shown(move || {
        problem
            .get()
            .filter(|problem| problem.errors.is_empty())
            .map(|problem| {
                view! { <p class="note note-error" role="alert">{problem.detail}</p> }.into_any()
            })
    })
}
