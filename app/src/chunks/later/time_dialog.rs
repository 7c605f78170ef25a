//! The dialogs of a time: when to send, when to remind; and that which changes a scheduled message.

use super::{
    boxes::empty_box,
    change_form::change_form,
    state::{Later, for_the_page},
    times::{NEAREST_OF_FIELD, choices, field_value, of_field},
};
use crate::{
    client::{ChatClient, new_client_id, now, read_files, spawn},
    erased_signal::ErasedSignal,
    error::AppError,
    messages::{Written, composer_id, read_written, text_box},
    store::DraftPlace,
    ui::{Dialog, Icon, field_value as form_value, icon, is_some, note_in_words, submitted_form},
};
use leptos::{ev, mount::mount_to_body, prelude::*};
use model::{NewScheduledMessage, Problem, ScheduledChange, UploadId};
use std::{pin::Pin, sync::Arc};
use time::OffsetDateTime;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

type Answer = Pin<Box<dyn Future<Output = Result<(), AppError>>>>;
/// What is done at the time that is picked.
type Act = Arc<dyn Fn(OffsetDateTime) -> Answer + Send + Sync>;

pub fn mount(later: Later) {
    for_the_page(|| {
        mount_to_body(move || {
            view! {
                <Dialog open=is_some(later.scheduling) title="Send later">
                    {send_times(later)}
                </Dialog>
                <Dialog open=is_some(later.moving) title="Send at another time">
                    {other_times(later)}
                </Dialog>
                <Dialog open=is_some(later.reminding) title="Remind me">
                    {reminder_times(later)}
                </Dialog>
                <Dialog open=is_some(later.editing) title="Change the message">
                    {change_form(later)}
                </Dialog>
            }
        });
    });
}

const COMMAND: &str = "Commands are not sent later. Begin with // to send this as text.";

fn send_times(later: Later) -> AnyView {
    let client = later.client;
    let Some(place) = later.scheduling.get_untracked() else {
        return ().into_any();
    };
    // One for all attempts: the first success counts.
    let client_id = new_client_id();
    let act = move |send_at| -> Answer {
        let written = client.written(place);
        let Written::Text(body) = read_written(&written.body) else {
            return Box::pin(async { Err(AppError::not_sent(COMMAND)) });
        };
        let new = NewScheduledMessage {
            body: body.to_owned(),
            reply_to_id: written.reply_to_id,
            thread_id: place.1,
            also_to_conversation: false,
            send_at,
            client_id: Some(client_id.clone()),
            draft_seq: Some(client.synced(place).seq).filter(|seq| *seq > 0),
            attachment_ids: written.upload_ids,
            poll: model::NoPoll,
        };
        Box::pin(async move {
            require_uploaded(client, place, &new.attachment_ids).await?;
            let scheduled = client.schedule_message(place.0, &new).await?;
            later
                .personal
                .update(|store| store.put_scheduled(scheduled));
            empty_box(later, place);
            later.scheduling.set(None);
            Ok(())
        })
    };
    times(later, "Schedule", None, Arc::new(act))
}

const UPLOADING: &str = "Not all files are uploaded yet. Try again when they are.";

/// Whether files were chosen for a box that its tray does not have yet, because what takes them is still loaded.
fn has_chosen(place: DraftPlace) -> bool {
    let form = text_box(composer_id(place.1)).and_then(|area| area.closest("form").ok()?);
    let input = form.and_then(|form| form.query_selector("input[type=file]").ok()?);
    input.is_some_and(|it| {
        it.dyn_into::<HtmlInputElement>()
            .is_ok_and(|it| !it.value().is_empty())
    })
}

/// A message is scheduled with all of its files or not at all.
async fn require_uploaded(
    client: ChatClient,
    (id, thread): DraftPlace,
    uploads: &[UploadId],
) -> Result<(), AppError> {
    let count = read_files(&client.kept_files(id, thread)).len();
    let mut is_whole = uploads.len() == count && !has_chosen((id, thread));
    for upload in uploads {
        is_whole = is_whole && client.is_uploaded(*upload).await?;
    }
    is_whole
        .then_some(())
        .ok_or_else(|| AppError::not_sent(UPLOADING))
}

fn other_times(later: Later) -> AnyView {
    let Some(id) = later.moving.get_untracked() else {
        return ().into_any();
    };
    let scheduled = later
        .personal
        .with_untracked(|store| store.scheduled_message(id).cloned());
    let at = scheduled.as_ref().map(|it| it.send_at);
    // One that has failed for a file that is gone would fail for it again.
    let failed = scheduled.filter(|it| it.failure.is_some());
    let kept = failed.map(|it| it.uploads.iter().map(|it| it.id).collect::<Vec<_>>());
    let act = move |send_at| -> Answer {
        let attachment_ids = kept.clone();
        Box::pin(async move {
            let change = ScheduledChange {
                body: None,
                send_at: Some(send_at),
                attachment_ids,
                poll: model::NoPoll,
            };
            let changed = later.client.change_scheduled(id, &change).await?;
            later.personal.update(|store| store.put_scheduled(changed));
            later.moving.set(None);
            Ok(())
        })
    };
    times(later, "Schedule", at, Arc::new(act))
}

fn reminder_times(later: Later) -> AnyView {
    let Some(id) = later.reminding.get_untracked() else {
        return ().into_any();
    };
    let at = later
        .personal
        .with_untracked(|store| store.reminder(id).map(|it| it.remind_at));
    let act = move |remind_at| -> Answer {
        Box::pin(async move {
            let reminder = later.client.set_reminder(id, remind_at).await?;
            later.personal.update(|store| store.put_reminder(reminder));
            later.due.update(|due| due.retain(|it| it.message_id != id));
            later.reminding.set(None);
            Ok(())
        })
    };
    times(later, "Remind me", at, Arc::new(act))
}

/// The times by name, and a field for any other, which has the time that was picked before.
fn times(later: Later, label: &'static str, at: Option<OffsetDateTime>, act: Act) -> AnyView {
    let problem = ErasedSignal::new(None::<Problem>);
    let is_busy = ErasedSignal::new(false);
    let pick = move |act: &Act, at: OffsetDateTime| {
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        let answer = act(at);
        spawn(async move {
            let answer = answer.await;
            // The dialog may be closed by now.
            if is_busy.try_get_untracked().is_some() {
                is_busy.set(false);
                problem.set(answer.err().map(|AppError(problem)| problem));
            }
        });
    };
    let now = now();
    let first = now + NEAREST_OF_FIELD;
    let at = at.filter(|at| *at >= first);
    let at = at.unwrap_or(now + time::Duration::hours(24));
    let buttons: Vec<_> = choices(later.zone, now)
        .into_iter()
        .map(|(name, at)| {
            let act = Arc::clone(&act);
            view! {
                <button type="button" class="menu-item" on:click=move |_| pick(&act, at)>
                    {icon(Icon::Clock)}
                    {name}
                </button>
            }
        })
        .collect();
    let on_submit = move |event: ev::SubmitEvent| {
        let form = submitted_form(&event);
        let value = form_value(&form, "at").unwrap_or_default();
        if let Some(at) = of_field(&value) {
            pick(&act, at);
        }
    };
    view! {
        {note_in_words(problem)}
        <div class="sheet-items">{buttons}</div>
        <form on:submit=on_submit>
            <div class="field">
                <label for="field-at">"Another time"</label>
                <input
                    id="field-at"
                    name="at"
                    type="datetime-local"
                    required
                    min=field_value(later.zone, first)
                    value=field_value(later.zone, at)
                />
            </div>
            <div class="form-end">
                <button class="button button-primary">{label}</button>
            </div>
        </form>
    }
    .into_any()
}
