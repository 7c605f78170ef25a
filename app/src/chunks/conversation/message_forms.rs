//! The dialogs of one message: deleting it, and its earlier versions.

use crate::{
    client::spawn,
    erased_signal::ErasedSignal,
    error::AppError,
    messages::use_conversation_view,
    ui::{LocalTime, TimeFormat, dynamic_view, on, problem_note},
};
use leptos::prelude::*;
use model::{Edit, Problem};

pub fn delete_question() -> AnyView {
    let view = use_conversation_view();
    let problem = ErasedSignal::new(None::<Problem>);
    let delete = move |_| {
        let Some(id) = view.deleting.get_untracked() else {
            return;
        };
        spawn(async move {
            match view.client.delete_message(id).await {
                Ok(()) => {
                    view.stop_editing(id);
                    view.deleting.set(None);
                }
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    };
    any_view! {
        {problem_note(problem)}
        <p>"Everybody will see that a message was deleted, and nobody what it said."</p>
        <div class="form-end">
            <button type="button" class="button" on:click=on::click(move |_| view.deleting.set(None))>
                "Cancel"
            </button>
            <button type="button" class="button button-danger" on:click=on::click(delete)>
                "Delete"
            </button>
        </div>
    }
}

pub fn history() -> AnyView {
    let view = use_conversation_view();
    let versions = ErasedSignal::new(Vec::<Edit>::new());
    let problem = ErasedSignal::new(None::<Problem>);
    if let Some(id) = view.history.get_untracked() {
        spawn(async move {
            match view.client.edits(id).await {
                Ok(found) => versions.set(found),
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    }
    let rows = dynamic_view(move || {
        versions
            .get()
            .into_iter()
            .map(|edit| {
                any_view! {
                    <li>
                        <p class="muted">"Until " <LocalTime at=edit.edited_at format=TimeFormat::Full /></p>
                        <p class="body" dir="auto">{edit.body}</p>
                    </li>
                }
            })
            .collect::<Vec<_>>()
            .into_any()
    });
    any_view! {
        {problem_note(problem)}
        <ol class="wordings">{rows}</ol>
    }
}
