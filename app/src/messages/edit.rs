//! Changing a message where it stands.

use super::{
    open::use_open,
    text_box::{grow, is_send_key, text_box},
};
use crate::{
    error::AppError,
    live::spawn,
    signals::{Var, effect},
    ui::{on, problem_note},
};
use leptos::{ev, prelude::*};
use model::{Message, Problem};

const EDIT: &str = "edit";

pub fn edit_form(message: &Message) -> AnyView {
    let open = use_open();
    let problem = Var::new(None::<Problem>);
    let id = message.id;
    let before = message.body.clone();
    let shown = before.clone();
    effect(move || {
        let Some(area) = text_box(EDIT) else { return };
        grow(&area);
        let _ = area.focus();
        let end = area.value().encode_utf16().count();
        let _ = area.set_selection_range(
            u32::try_from(end).unwrap_or_default(),
            u32::try_from(end).unwrap_or_default(),
        );
    });
    let save = std::rc::Rc::new(move || {
        let Some(area) = text_box(EDIT) else {
            return;
        };
        let body = area.value().trim().to_owned();
        if body.is_empty() {
            open.deleting.set(Some(id));
        } else if body == before {
            open.stop_editing();
        } else {
            spawn(async move {
                match open.live.edit(id, body).await {
                    Ok(()) => open.stop_editing(),
                    Err(AppError(why)) => problem.set(Some(why)),
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
            open.stop_editing();
        } else if is_send_key(&event) {
            event.prevent_default();
            save();
        }
    };
    part! {
        <form class="edit" on:submit=on::submit(on_submit)>
            {problem_note(problem)}
            <textarea
                id=EDIT
                rows="1"
                dir="auto"
                aria-label="Edit message"
                on:keydown=on::key(on_key)
                on:input=on::input(move |event| grow(&event_target(&event)))
                prop:value=shown
            ></textarea>
            <div class="form-end">
                <button type="button" class="button button-quiet" on:click=on::click(move |_| open.stop_editing())>
                    "Cancel"
                </button>
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
}
