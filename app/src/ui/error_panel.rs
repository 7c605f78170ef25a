//! What a page says when there is nothing to show, or something went wrong.

use super::shown;
use super::{Icon, icon};
use crate::signals::Var;
use leptos::prelude::*;
use model::Problem;

/// A calm page in place of content: what is the case, and what to do next.
pub fn empty_state(picture: Icon, title: &str, text: &str, action: AnyView) -> AnyView {
    part! {
        <div class="empty">
            <span class="empty-picture">{icon(picture)}</span>
            <h2>{title.to_owned()}</h2>
            <p>{text.to_owned()}</p>
            {action}
        </div>
    }
}

/// The same for a pane that could not be loaded.
pub fn error_panel(problem: &Problem) -> AnyView {
    part! {
        <div role="alert" class="grow-pane">
            {empty_state(Icon::Warning, &problem.title, &problem.detail, back_home())}
        </div>
    }
}

fn back_home() -> AnyView {
    part! {
        <a class="button" href="/">
            "Back to your conversations"
        </a>
    }
}

/// The page of an address that leads nowhere.
#[cfg(feature = "ssr")]
pub fn not_found() -> AnyView {
    part! {
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
}

/// The page where nothing could be loaded.
#[cfg(feature = "ssr")]
pub fn lone_page(problem: &Problem) -> AnyView {
    part! { <main class="lone-page">{error_panel(problem)}</main> }
}

/// What a form was refused for, unless a field says it.
pub fn problem_note(problem: Var<Option<Problem>>) -> AnyView {
    shown(move || {
        let problem = problem.get().filter(|problem| problem.errors.is_empty())?;
        Some(note(problem.detail))
    })
}

pub fn note(text: String) -> AnyView {
    part! { <p class="note note-error" role="alert">{text}</p> }
}
