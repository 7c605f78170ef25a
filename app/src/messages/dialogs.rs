//! The dialogs about one message: deleting it, and what it said before.

use super::open::use_open;
use crate::{
    error::AppError,
    live::spawn,
    signals::{Var, effect},
    ui::{Dialog, LocalTime, ShowTime, dynamic, on, problem_note},
};
use leptos::prelude::*;
use model::{Edit, MessageId, Problem};

#[component]
pub fn MessageDialogs() -> impl IntoView {
    let open = use_open();
    part! {
        <Dialog open=is_some(open.deleting) title="Delete this message?">
            {delete_question()}
        </Dialog>
        <Dialog open=is_some(open.history) title="Earlier wordings">
            {history()}
        </Dialog>
    }
}

/// A dialog is open while there is a message that it is about.
fn is_some(about: Var<Option<MessageId>>) -> Var<bool> {
    let open = Var::new(false);
    effect(move || {
        let is_some = about.with(Option::is_some);
        if open.get_untracked() != is_some {
            open.set(is_some);
        }
    });
    effect(move || {
        if !open.get() && about.with_untracked(Option::is_some) {
            about.set(None);
        }
    });
    open
}

fn delete_question() -> AnyView {
    let open = use_open();
    let problem = Var::new(None::<Problem>);
    let delete = move |_| {
        let Some(id) = open.deleting.get_untracked() else {
            return;
        };
        spawn(async move {
            match open.live.delete(id).await {
                Ok(()) => {
                    open.editing.set(None);
                    open.deleting.set(None);
                }
                Err(AppError(why)) => problem.set(Some(why)),
            }
        });
    };
    part! {
        {problem_note(problem)}
        <p>"Everybody will see that a message was deleted, and nobody what it said."</p>
        <div class="form-end">
            <button type="button" class="button" on:click=on::click(move |_| open.deleting.set(None))>
                "Cancel"
            </button>
            <button type="button" class="button button-danger" on:click=on::click(delete)>
                "Delete"
            </button>
        </div>
    }
}

fn history() -> AnyView {
    let open = use_open();
    let wordings = Var::new(Vec::<Edit>::new());
    let problem = Var::new(None::<Problem>);
    if let Some(id) = open.history.get_untracked() {
        spawn(async move {
            match open.live.edits(id).await {
                Ok(found) => wordings.set(found),
                Err(AppError(why)) => problem.set(Some(why)),
            }
        });
    }
    let rows = dynamic(move || {
        wordings
            .get()
            .into_iter()
            .map(|edit| {
                part! {
                    <li>
                        <p class="muted">"Until " <LocalTime at=edit.edited_at show=ShowTime::Full /></p>
                        <p class="body" dir="auto">{edit.body}</p>
                    </li>
                }
            })
            .collect::<Vec<_>>()
            .into_any()
    });
    part! {
        {problem_note(problem)}
        <ol class="wordings">{rows}</ol>
    }
}
