//! The lists of drafts, scheduled messages and reminders, on one page.

use super::{
    file_list::file_list,
    notices,
    state::{Later, LaterContext, later},
    syncing,
    tabs::{Tab, shown_tab, tabs},
};
use crate::{
    client::{spawn, use_client},
    erased_signal::{ErasedSignal, memo},
    error::AppError,
    router::use_router,
    store::{DraftPlace, Outgoing, PersonalStore},
    ui::{
        Icon, LocalTime, TimeFormat, coming_text, empty_state, failure_in_words, keyed_list,
        loading_note, note_in_words, show_if, use_zone,
    },
};
use leptos::prelude::*;
use model::{Draft, Problem, Reminder, ReminderState, ScheduledMessage, Upload};

pub fn lists() -> AnyView {
    let later = later(LaterContext {
        client: use_client(),
        router: use_router(),
        zone: use_zone(),
    });
    let shown = shown_tab(later);
    let problem = ErasedSignal::new(None::<Problem>);
    view! {
        {tabs(later, shown, count)}
        {note_in_words(problem)}
        <div role="tabpanel" id="later-panel" aria-labelledby=move || shown.get().id()>
            {show_if(move || Some(panel(later, shown.get(), problem)))}
        </div>
    }
    .into_any()
}

fn count(later: Later, tab: Tab) -> usize {
    match tab {
        Tab::Drafts => later.drafts().len(),
        Tab::Scheduled => later.personal.with(PersonalStore::scheduled).len(),
        Tab::Reminders => later.personal.with(PersonalStore::reminders).len(),
    }
}

fn panel(later: Later, tab: Tab, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let state = memo(move || {
        let is_loaded = later.personal.with(|store| store.seq().is_some());
        (is_loaded, count(later, tab) == 0)
    });
    show_if(move || match state.get() {
        (false, _) => Some(loading_note()),
        (true, true) => Some(nothing(tab)),
        (true, false) => {
            let items = match tab {
                Tab::Drafts => keyed_list(
                    move || later.drafts(),
                    |it| format!("{}.{:?}.{}", it.conversation_id, it.thread_id, it.seq),
                    move |draft| draft_item(later, draft),
                ),
                Tab::Scheduled => keyed_list(
                    move || later.personal.with(PersonalStore::scheduled),
                    |it| format!("{}.{}", it.id, it.seq),
                    move |scheduled| scheduled_item(later, scheduled, problem),
                ),
                Tab::Reminders => keyed_list(
                    move || later.personal.with(PersonalStore::reminders),
                    |it| format!("{}.{}", it.message_id, it.seq),
                    move |reminder| reminder_item(later, reminder, problem),
                ),
            };
            Some(view! { <ul class="item-list">{items}</ul> }.into_any())
        }
    })
}

fn nothing(tab: Tab) -> AnyView {
    let (icon, title, text) = match tab {
        Tab::Drafts => (
            Icon::Edit,
            "No drafts",
            "What you begin to write is here until you send it, on all of your devices.",
        ),
        Tab::Scheduled => (
            Icon::Clock,
            "Nothing scheduled",
            "Write a message, and pick its time with the arrow beside the button that sends.",
        ),
        Tab::Reminders => (
            Icon::Clock,
            "No reminders",
            "Pick \"Remind me…\" in the menu of a message, and find it here when its time comes.",
        ),
    };
    empty_state(icon, title, text, ().into_any())
}

/// Where it is, in the main line or in a thread, when, its text, and its files; and buttons below.
fn item(
    later: Later,
    ((conversation, thread), href): (DraftPlace, String),
    when: AnyView,
    (text, files): (String, &[Upload]),
    buttons: AnyView,
) -> AnyView {
    view! {
        <li>
            <a class="item" href=href>
                <span class="item-text">
                    <span class="item-top">
                        <strong class="notranslate" dir="auto">
                            {move || later.place_title(conversation, thread)}
                        </strong>
                        {when}
                    </span>
                    <span class="item-body" dir="auto">{text}</span>
                </span>
            </a>
            {file_list(files)}
            <div class="later-buttons">{buttons}</div>
        </li>
    }
    .into_any()
}

fn button(label: &'static str, act: impl Fn() + 'static) -> AnyView {
    view! {
        <button type="button" class="choice-button" on:click=move |_| act()>
            {label}
        </button>
    }
    .into_any()
}

/// A button that asks the server for something, and why it was refused.
fn request<F: Future<Output = Result<(), AppError>> + 'static>(
    label: &'static str,
    problem: ErasedSignal<Option<Problem>>,
    send: impl Fn() -> F + 'static,
) -> AnyView {
    button(label, move || ask(problem, send()))
}

fn ask(
    problem: ErasedSignal<Option<Problem>>,
    answer: impl Future<Output = Result<(), AppError>> + 'static,
) {
    spawn(async move {
        let refused = answer.await.err().map(|AppError(problem)| problem);
        problem.set(refused);
    });
}

/// A button that throws words away: the first press asks, and the second one does it.
fn delete_button(delete: impl Fn() + 'static) -> AnyView {
    let asks = ErasedSignal::new(false);
    let act = move |_| {
        if asks.get_untracked() {
            delete();
        } else {
            asks.set(true);
        }
    };
    view! {
        <button
            type="button"
            class="choice-button"
            class:danger=move || asks.get()
            on:click=act
            on:blur=move |_| asks.set(false)
        >
            {move || if asks.get() { "Really delete?" } else { "Delete" }}
        </button>
    }
    .into_any()
}

fn path((id, thread): DraftPlace) -> String {
    match thread {
        None => format!("/c/{id}"),
        Some(root) => format!("/c/{id}/t/{root}"),
    }
}

fn draft_item(later: Later, draft: &Draft) -> AnyView {
    let (id, thread) = (draft.conversation_id, draft.thread_id);
    let when = view! {
        <LocalTime at=draft.updated_at format=TimeFormat::Short />
    }
    .into_any();
    let text = match &draft.reply_to {
        Some(reply) if draft.body.trim().is_empty() && draft.uploads.is_empty() => {
            format!("Reply to {}, no text yet", reply.sender.name)
        }
        Some(reply) => format!("↩ {}: {}", reply.sender.name, draft.body),
        None => draft.body.clone(),
    };
    let client = later.client;
    let written = draft.clone();
    let send = move || {
        let draft = written.clone();
        let files = client.files_to_send((id, thread), &draft.uploads);
        client.send(Outgoing {
            thread_id: draft.thread_id,
            ..client.new_message(id, draft.body, draft.reply_to, files)
        });
        syncing::let_go(later, (id, thread));
    };
    let can_send = !draft.body.trim().is_empty() || !draft.uploads.is_empty();
    let buttons = view! {
        {can_send.then(|| button("Send", send))}
        {delete_button(move || syncing::let_go(later, (id, thread)))}
    }
    .into_any();
    item(
        later,
        ((id, thread), path((id, thread))),
        when,
        (text, &draft.uploads),
        buttons,
    )
}

fn scheduled_item(
    later: Later,
    scheduled: &ScheduledMessage,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let (id, at, client) = (scheduled.id, scheduled.send_at, later.client);
    let when = match &scheduled.failure {
        None => view! {
            <span class="item-place">{move || coming_text(later.zone, at)}</span>
        }
        .into_any(),
        Some(failure) => view! {
            <span class="danger">"Not sent: " {failure_in_words(failure)}</span>
        }
        .into_any(),
    };
    let buttons = view! {
        {button("Edit", move || later.editing.set(Some(id)))}
        {button("Change time", move || later.moving.set(Some(id)))}
        {request("Send now", problem, move || client.send_scheduled(id))}
        {delete_button(move || ask(problem, client.cancel_scheduled(id)))}
    }
    .into_any();
    let place = (scheduled.conversation_id, scheduled.thread_id);
    let text = scheduled.body.clone();
    let content = (text, &*scheduled.uploads);
    item(later, (place, path(place)), when, content, buttons)
}

fn reminder_item(
    later: Later,
    reminder: &Reminder,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let (id, at, client) = (reminder.message_id, reminder.remind_at, later.client);
    let when = if reminder.state == ReminderState::Due {
        view! { <span class="danger">"Due"</span> }.into_any()
    } else {
        view! { <span class="item-place">{move || coming_text(later.zone, at)}</span> }.into_any()
    };
    let done = request("Done", problem, move || client.complete_reminder(id));
    let buttons = view! {
        {done}
        {button("Later…", move || later.reminding.set(Some(id)))}
    }
    .into_any();
    let conversation = reminder.conversation_id;
    let thread = reminder.message.as_ref().and_then(|it| it.thread_id);
    let href = format!("/c/{conversation}/m/{id}");
    let text = notices::text_of(reminder);
    let content = (text, &[][..]);
    item(
        later,
        ((conversation, thread), href),
        when,
        content,
        buttons,
    )
}
