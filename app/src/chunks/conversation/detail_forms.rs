//! The dialogs of a conversation: picture, name and description, leave, delete.

use crate::{
    chunks::{PICTURES, PicturesPart},
    client::{spawn, use_client},
    erased_signal::ErasedSignal,
    error::AppError,
    router::use_router,
    ui::{Field, field_value, on, problem_note, submitted_form},
};
use leptos::{ev, prelude::*};
use model::{ConversationChanges, ConversationId, Problem};

pub fn rename_form(id: ConversationId, open: ErasedSignal<bool>) -> AnyView {
    let client = use_client();
    let problem = ErasedSignal::new(None::<Problem>);
    let (title, description) = client.store.with_untracked(|store| {
        let conversation = store.summary(id).map(|summary| &summary.conversation);
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        (
            text(conversation.and_then(|conversation| conversation.title.as_ref())),
            text(conversation.and_then(|conversation| conversation.description.as_ref())),
        )
    });
    let on_submit = move |event: ev::SubmitEvent| {
        let form = submitted_form(&event);
        let changes = ConversationChanges {
            title: field_value(&form, "title"),
            description: field_value(&form, "description"),
            private: None,
        };
        spawn(async move {
            match client.update_conversation(id, changes).await {
                Ok(()) => open.set(false),
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    };
    any_view! {
        <form on:submit=on::submit(on_submit)>
            {problem_note(problem)}
            <Field label="Name" name="title" value=title required=true problem />
            <Field label="Description" name="description" value=description problem />
            <div class="form-end">
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
        {PICTURES.view(PicturesPart::Form(id))}
    }
}

pub fn leave_question(id: ConversationId, open: ErasedSignal<bool>) -> AnyView {
    confirm_dialog(id, open, ConfirmKind::Leave)
}

pub fn delete_question(id: ConversationId, open: ErasedSignal<bool>) -> AnyView {
    confirm_dialog(id, open, ConfirmKind::Delete)
}

#[derive(Clone, Copy, PartialEq)]
enum ConfirmKind {
    Leave,
    Delete,
}

fn confirm_dialog(id: ConversationId, open: ErasedSignal<bool>, kind: ConfirmKind) -> AnyView {
    let client = use_client();
    let router = use_router();
    let problem = ErasedSignal::new(None::<Problem>);
    let (text, label) = match kind {
        ConfirmKind::Leave => ("You will not get its messages any more.", "Leave"),
        ConfirmKind::Delete => ("All its messages will be gone, for everybody.", "Delete"),
    };
    let on_confirm = move |_| {
        spawn(async move {
            let result = match kind {
                ConfirmKind::Leave => client.leave_conversation(id).await,
                ConfirmKind::Delete => client.delete_conversation(id).await,
            };
            match result {
                Ok(()) => {
                    open.set(false);
                    router.navigate("/");
                }
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    };
    any_view! {
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
