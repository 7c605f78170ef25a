//! Panels and notes for what is empty, missing or failed.

use super::{
    erased_view::show_if,
    icon::{Icon, icon},
};
use crate::erased_signal::ErasedSignal;
use leptos::prelude::*;
use model::Problem;

/// A panel in place of content, with an action.
pub fn empty_state(picture: Icon, title: &str, text: &str, action: AnyView) -> AnyView {
    any_view! {
        <div class="empty">
            <span class="empty-picture">{icon(picture)}</span>
            <h2>{title.to_owned()}</h2>
            <p>{text.to_owned()}</p>
            {action}
        </div>
    }
}

/// A panel for a problem.
pub fn error_panel(problem: &Problem) -> AnyView {
    any_view! {
        <div role="alert" class="grow-pane">
            {empty_state(Icon::Warning, &problem.title, &problem.detail, back_home())}
        </div>
    }
}

fn back_home() -> AnyView {
    any_view! {
        <a class="button" href="/">
            "Back to your conversations"
        </a>
    }
}

/// The page of an unknown path.
#[cfg(feature = "ssr")]
pub fn not_found_page() -> AnyView {
    any_view! {
        <main class="lone-page">
            <h1 class="sr-only">"Parlance"</h1>
            {empty_state(
                Icon::Search,
                "There is nothing here",
                "The address may be mistyped, or what it led to is gone.",
                way_on(),
            )}
        </main>
    }
}

/// Where the reader of a page goes on, who may not be signed in.
#[cfg(feature = "ssr")]
fn way_on() -> AnyView {
    match crate::request_context::signed_in() {
        Some(_) => back_home(),
        None => any_view! { <a class="button" href="/sign-in">"Sign in"</a> },
    }
}

/// The page whose data could not be read.
#[cfg(feature = "ssr")]
pub fn error_page(problem: &Problem) -> AnyView {
    any_view! {
        <main class="lone-page">
            <div role="alert" class="grow-pane">
                {empty_state(Icon::Warning, &problem.title, &problem.detail, way_on())}
            </div>
        </main>
    }
}

/// Why a form was rejected, unless its fields show the errors.
pub fn problem_note(problem: ErasedSignal<Option<Problem>>) -> AnyView {
    show_if(move || {
        let problem = problem.get().filter(|problem| problem.errors.is_empty())?;
        Some(note(problem.detail))
    })
}

/// Why a form was rejected whose fields show no errors.
pub fn any_problem_note(problem: ErasedSignal<Option<Problem>>) -> AnyView {
    show_if(move || Some(note(problem.get()?.detail)))
}

/// A note in red.
pub fn note(text: String) -> AnyView {
    any_view! { <p class="note note-error" role="alert">{text}</p> }
}
