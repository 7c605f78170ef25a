//! Renaming a conversation, leaving it, deleting it.

use super::page::Panels;
use crate::{
    address::use_address,
    error::AppError,
    live::{spawn, use_live},
    signals::Var,
    ui::{Dialog, Field, field_value, on, problem_note, sent_form},
};
use leptos::{ev, prelude::*};
use model::{ConversationChanges, ConversationId, Problem};

#[component]
pub fn DetailsDialogs(id: ConversationId) -> impl IntoView {
    let panels = expect_context::<Panels>();
    part! {
        <Dialog open=panels.details title="Name and description">
            {rename_form(id, panels.details)}
        </Dialog>
        <Dialog open=panels.leave title="Leave this conversation?">
            {farewell(id, panels.leave, Farewell::Leave)}
        </Dialog>
        <Dialog open=panels.delete title="Delete this conversation?">
            {farewell(id, panels.delete, Farewell::Delete)}
        </Dialog>
    }
}

fn rename_form(id: ConversationId, open: Var<bool>) -> AnyView {
    let live = use_live();
    let problem = Var::new(None::<Problem>);
    let (title, description) = live.store.with_untracked(|store| {
        let conversation = store.head(id).map(|head| &head.conversation);
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        (
            text(conversation.and_then(|conversation| conversation.title.as_ref())),
            text(conversation.and_then(|conversation| conversation.description.as_ref())),
        )
    });
    let on_submit = move |event: ev::SubmitEvent| {
        let form = sent_form(&event);
        let changes = ConversationChanges {
            title: field_value(&form, "title"),
            description: field_value(&form, "description"),
            private: None,
        };
        spawn(async move {
            match live.update_conversation(id, changes).await {
                Ok(()) => open.set(false),
                Err(AppError(why)) => problem.set(Some(why)),
            }
        });
    };
    part! {
        <form on:submit=on::submit(on_submit)>
            {problem_note(problem)}
            <Field label="Name" name="title" value=title required=true problem />
            <Field label="Description" name="description" value=description problem />
            <div class="form-end">
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Farewell {
    Leave,
    Delete,
}

fn farewell(id: ConversationId, open: Var<bool>, what: Farewell) -> AnyView {
    let live = use_live();
    let address = use_address();
    let problem = Var::new(None::<Problem>);
    let (text, label) = match what {
        Farewell::Leave => ("You will not get its messages any more.", "Leave"),
        Farewell::Delete => ("All its messages will be gone, for everybody.", "Delete"),
    };
    let on_confirm = move |_| {
        spawn(async move {
            let result = match what {
                Farewell::Leave => live.leave(id).await,
                Farewell::Delete => live.delete_conversation(id).await,
            };
            match result {
                Ok(()) => {
                    open.set(false);
                    address.go("/");
                }
                Err(AppError(why)) => problem.set(Some(why)),
            }
        });
    };
    part! {
        {problem_note(problem)}
        <p>{text}</p>
        <div class="form-end">
            <button type="button" class="button" on:click=on::click(move |_| open.set(false))>
                "Cancel"
            </button>
            <button type="button" class="button button-danger" on:click=on::click(on_confirm)>
                {label}
            </button>
        </div>
    }
}
