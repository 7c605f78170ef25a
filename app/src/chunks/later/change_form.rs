//! The form that changes text and files of a scheduled message.

use super::{file_list::file_name, state::Later};
use crate::{
    client::spawn,
    erased_signal::ErasedSignal,
    error::AppError,
    ui::{Icon, field_value, icon, note_in_words, submitted_form},
};
use leptos::{ev, prelude::*};
use model::{Problem, ScheduledChange, Upload};

pub fn change_form(later: Later) -> AnyView {
    let client = later.client;
    let scheduled = later.editing.get_untracked().and_then(|id| {
        later
            .personal
            .with_untracked(|store| store.scheduled_message(id).cloned())
    });
    let Some(scheduled) = scheduled else {
        return ().into_any();
    };
    let problem = ErasedSignal::new(None::<Problem>);
    let files = ErasedSignal::new(scheduled.uploads);
    let id = scheduled.id;
    let on_submit = move |event: ev::SubmitEvent| {
        let form = submitted_form(&event);
        let body = field_value(&form, "text").unwrap_or_default();
        let kept = files.get_untracked();
        spawn(async move {
            let change = ScheduledChange {
                body: Some(body.trim().to_owned()),
                send_at: None,
                // A file that is gone is not among them, and leaves.
                attachment_ids: Some(kept.iter().map(|it| it.id).collect()),
                poll: model::NoPoll,
            };
            match client.change_scheduled(id, &change).await {
                Ok(changed) => {
                    later.personal.update(|store| store.put_scheduled(changed));
                    later.editing.set(None);
                }
                Err(AppError(error)) => problem.set(Some(error)),
            }
        });
    };
    view! {
        {note_in_words(problem)}
        <form class="edit" on:submit=on_submit>
            <div class="composer-box">
                <textarea
                    name="text"
                    dir="auto"
                    rows="4"
                    required=move || files.with(Vec::is_empty)
                    aria-label="Text"
                    prop:value=scheduled.body
                ></textarea>
            </div>
            <ul class="later-files" aria-label="Files">
                <For each=move || files.get() key=|it| it.id let:upload>
                    {item(files, &upload)}
                </For>
            </ul>
            <div class="form-end">
                <button class="button button-primary">"Save"</button>
            </div>
        </form>
    }
    .into_any()
}

fn item(files: ErasedSignal<Vec<Upload>>, upload: &Upload) -> AnyView {
    let id = upload.id;
    let remove = move |_| files.update(|files| files.retain(|it| it.id != id));
    view! {
        <li>
            {file_name(upload)}
            <button
                type="button"
                class="icon-button"
                aria-label=format!("Remove {}", upload.name)
                title="Remove"
                on:click=remove
            >
                {icon(Icon::Close)}
            </button>
        </li>
    }
    .into_any()
}
