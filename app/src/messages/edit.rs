//! Changing a message where it stands.

use super::{
    open::use_open,
    text_box::{grow, is_send_key},
};
use crate::{
    error::AppError,
    ui::{on, problem_note},
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use model::{Message, Problem};

pub fn edit_form(message: &Message) -> AnyView {
    let open = use_open();
    let node = NodeRef::<html::Textarea>::new();
    let problem = RwSignal::new(None::<Problem>);
    let id = message.id;
    let before = StoredValue::new(message.body.clone());
    Effect::new(move |_| {
        let Some(area) = node.get() else { return };
        grow(&area);
        let _ = area.focus();
        let end = area.value().encode_utf16().count();
        let _ = area.set_selection_range(
            u32::try_from(end).unwrap_or_default(),
            u32::try_from(end).unwrap_or_default(),
        );
    });
    let save = move || {
        let Some(area) = node.get_untracked() else {
            return;
        };
        let body = area.value().trim().to_owned();
        if body.is_empty() {
            open.deleting.set(Some(id));
        } else if before.with_value(|before| *before == body) {
            open.stop_editing();
        } else {
            spawn_local(async move {
                match open.live.edit(id, body).await {
                    Ok(()) => open.stop_editing(),
                    Err(AppError(why)) => drop(problem.try_set(Some(why))),
                }
            });
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
    view! {
        <form class="edit" on:submit=on::submit(move |event| {
            event.prevent_default();
            save();
        })>
            {problem_note(problem.into())}
            <textarea
                node_ref=node
                rows="1"
                dir="auto"
                aria-label="Edit message"
                on:keydown=on::key(on_key)
                on:input=on::input(move |event| grow(&event_target(&event)))
                prop:value=before.get_value()
            ></textarea>
            <div class="form-end">
                <button type="button" class="button button-quiet" on:click=on::click(move |_| open.stop_editing())>
                    "Cancel"
                </button>
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
    .into_any()
}
