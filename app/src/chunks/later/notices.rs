//! Tells that the time of a reminder has come: on the page, to screen readers, and by the browser if the user has
//! allowed that.

use super::state::{Later, for_the_page};
use crate::{
    client::spawn,
    ui::{Icon, icon, keyed_list},
};
use leptos::{mount::mount_to_body, prelude::*};
use model::{MessageId, Reminder, ReminderState};

pub fn mount(later: Later) {
    for_the_page(|| mount_to_body(move || notices(later)));
}

/// A reminder has changed.
pub fn tell(later: Later, reminder: &Reminder) {
    let id = reminder.message_id;
    later.due.update(|due| {
        due.retain(|it| it.message_id != id);
        if reminder.state == ReminderState::Due {
            due.push(reminder.clone());
        }
    });
}

/// The message in one line.
pub fn text_of(reminder: &Reminder) -> String {
    match &reminder.message {
        None => "You cannot see this message any more.".to_owned(),
        Some(message) if message.deleted_at.is_some() => "This message was deleted.".to_owned(),
        Some(message) => format!("{}: {}", message.sender.name, message.line()),
    }
}

fn notices(later: Later) -> AnyView {
    let list = keyed_list(
        move || later.due.get(),
        |reminder| format!("{}.{}", reminder.message_id, reminder.seq),
        move |reminder| notice(later, reminder),
    );
    view! {
        <div class="later-notices" role="status" aria-label="Reminders">
            {list}
        </div>
    }
    .into_any()
}

fn notice(later: Later, reminder: &Reminder) -> AnyView {
    let (id, conversation) = (reminder.message_id, reminder.conversation_id);
    let close = move || later.due.update(|due| due.retain(|it| it.message_id != id));
    view! {
        <section class="later-notice">
            <p>
                <strong>"Reminder"</strong>
                " "
                <bdi class="muted notranslate">{later.title(conversation)}</bdi>
            </p>
            <p class="item-body" dir="auto">{text_of(reminder)}</p>
            <div class="choice-buttons">
                <a class="choice-button" href=format!("/c/{conversation}/m/{id}") on:click=move |_| close()>
                    "Show"
                </a>
                <button type="button" class="choice-button" on:click=move |_| complete(later, id)>
                    "Done"
                </button>
                <button type="button" class="choice-button" on:click=move |_| later.reminding.set(Some(id))>
                    "Later…"
                </button>
                <button type="button" class="icon-button" aria-label="Close" on:click=move |_| close()>
                    {icon(Icon::Close)}
                </button>
            </div>
        </section>
    }
    .into_any()
}

/// Takes a reminder off the list. Where that fails it stays, and can be tried again.
pub fn complete(later: Later, id: MessageId) {
    spawn(async move {
        if later.client.complete_reminder(id).await.is_ok() {
            later.due.update(|due| due.retain(|it| it.message_id != id));
        }
    });
}
