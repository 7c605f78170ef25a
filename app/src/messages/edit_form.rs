//! The form that edits a message in place.

use super::{
    conversation_view::use_conversation_view,
    text_box::{grow, is_send_key, text_box},
};
use crate::{
    client::spawn,
    erased_signal::{ErasedSignal, effect},
    error::AppError,
    ui::{on, problem_note},
};
use leptos::{ev, prelude::*};
use model::{Message, Problem};

const EDIT_ID: &str = "edit";

/// An empty text asks to delete the message.
pub fn edit_form(message: &Message) -> AnyView {
    let view = use_conversation_view();
    let problem = ErasedSignal::new(None::<Problem>);
    let id = message.id;
    let before = message.body.clone();
    let value = before.clone();
    effect(move || {
        let Some(area) = text_box(EDIT_ID) else {
            return;
        };
        grow(&area);
        let _ = area.focus();
        let end = area.value().encode_utf16().count();
        let _ = area.set_selection_range(
            u32::try_from(end).unwrap_or_default(),
            u32::try_from(end).unwrap_or_default(),
        );
    });
    let save = std::rc::Rc::new(move || {
        let Some(area) = text_box(EDIT_ID) else {
            return;
        };
        let body = area.value().trim().to_owned();
        if body.is_empty() {
            view.deleting.set(Some(id));
        } else if body == before {
            view.stop_editing();
        } else {
            spawn(async move {
                match view.client.edit_message(id, body).await {
                    Ok(()) => view.stop_editing(),
                    Err(AppError(error)) => problem.set(Some(error)),
                }
            });
        }
    });
    let on_submit = {
        let save = save.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            save();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        event.stop_propagation();
        if event.key() == "Escape" {
            view.stop_editing();
        } else if is_send_key(&event) {
            event.prevent_default();
            save();
        }
    };
    any_view! {
        <form class="edit" on:submit=on::submit(on_submit)>
            {problem_note(problem)}
            <textarea
                id=EDIT_ID
                rows="1"
                dir="auto"
                aria-label="Edit message"
                on:keydown=on::key(on_key)
                on:input=on::input(move |event| grow(&event_target(&event)))
                prop:value=value
            ></textarea>
            <div class="form-end">
                <button type="button" class="button button-quiet" on:click=on::click(move |_| view.stop_editing())>
                    "Cancel"
                </button>
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
}
