//! What the menu of a message offers. A new entry is one `MenuItem` here, with its icon in `ui/icon.rs`.

use crate::{
    chunks::{LATER, LaterContext, LaterPart, reminder_of},
    client::spawn,
    error::AppError,
    messages::ConversationView,
    router::Router,
    ui::{Icon, MenuItem, Zone, coming_text, copy_text},
};
use leptos::prelude::*;
use model::{ConversationId, Message, MessageId, ReminderState};
use std::sync::Arc;

/// The entries for a message that is not deleted, in their order. Empty if the message is not loaded.
pub fn items(
    view: ConversationView,
    (router, zone): (Router, Zone),
    id: MessageId,
) -> Vec<MenuItem> {
    let Some(message) = view.message(id) else {
        return Vec::new();
    };
    let permissions = view.permissions(&message);
    let mut items = Vec::new();
    if permissions.is_some() {
        let quoted = Arc::clone(&message);
        items.push(MenuItem::new(Icon::Reply, "Reply", move || {
            view.reply_to(&quoted);
        }));
    }
    items.extend(thread_item(view, &message));
    items.extend(copy_items(view, &message));
    items.extend(mark_items(view, &message));
    items.extend(forward_items(view, id));
    items.extend(reminder_items(view, router, zone, id));
    if permissions.is_some_and(|may| may.edit) {
        items.push(MenuItem::new(Icon::Edit, "Edit", move || {
            view.start_editing(id);
        }));
    }
    if permissions.is_some_and(|may| may.delete) {
        items.push(
            MenuItem::new(Icon::Delete, "Delete", move || {
                view.deleting.set(Some(id));
            })
            .danger(),
        );
    }
    items
}

/// Opens the thread of a message: there is one, or the user may begin it.
fn thread_item(view: ConversationView, message: &Message) -> Option<MenuItem> {
    let root = message.thread_id.unwrap_or(message.id);
    let may_write = view.permissions(message).is_some();
    let is_here = view.thread == Some(root);
    let is_shown = !is_here && (may_write || message.thread.is_some());
    let label = if message.thread.is_some() {
        "Show the thread"
    } else {
        "Reply in a thread"
    };
    is_shown.then(|| {
        MenuItem::new(Icon::Thread, label, move || {
            view.open_thread.set(Some(root));
        })
    })
}

/// Forwarding needs no right in this conversation but to read.
fn forward_items(view: ConversationView, id: MessageId) -> Vec<MenuItem> {
    let mut items = vec![MenuItem::new(Icon::Forward, "Forward…", move || {
        view.forwarding.set(Some(vec![id]));
    })];
    if view.thread.is_none() {
        items.push(MenuItem::new(Icon::Check, "Select", move || {
            view.selected.set(vec![id]);
            view.selecting.set(true);
        }));
    }
    items
}

/// Asks when to remind the user of a message, or says when it does, and takes it back. Where the chunk cannot be
/// fetched, the reason is shown.
fn reminder_items(
    view: ConversationView,
    router: Router,
    zone: Zone,
    id: MessageId,
) -> Vec<MenuItem> {
    let context = LaterContext {
        client: view.client,
        router,
        zone,
    };
    let reminder = reminder_of(id);
    let label = match &reminder {
        None => "Remind me…".to_owned(),
        Some(reminder) if reminder.state == ReminderState::Due => "Reminder: due…".to_owned(),
        Some(reminder) => format!("Reminder: {}…", coming_text(zone, reminder.remind_at)),
    };
    let mut items = vec![MenuItem::new(Icon::Clock, label, move || {
        spawn(async move {
            if LATER.load().await.is_err() {
                view.problem.set(Some(AppError::unreachable().0));
            } else if let Some(show) = LATER.entry() {
                drop(show(LaterPart::Remind(context, id)));
            }
        });
    })];
    if reminder.is_some() {
        let client = view.client;
        items.push(request(
            view,
            Icon::Close,
            "Remove the reminder",
            move || client.complete_reminder(id),
        ));
    }
    items
}

/// What marks a message: for everybody, for the user, and as not read.
fn mark_items(view: ConversationView, message: &Message) -> Vec<MenuItem> {
    let (id, position) = (message.id, message.position);
    let (client, conversation) = (view.client, view.id);
    let (may_pin, is_saved, is_member) = client.store.with_untracked(|store| {
        let is_member = store
            .summary(conversation)
            .is_some_and(|it| it.role.is_some());
        (store.may_pin(conversation), store.is_saved(id), is_member)
    });
    let is_pinned = message.pinned.is_some();
    let mut items = Vec::new();
    if is_member && view.thread.is_none() {
        items.push(request(
            view,
            Icon::Unread,
            "Mark unread from here",
            move || client.mark_unread(conversation, position),
        ));
    }
    if may_pin {
        let label = if is_pinned { "Unpin" } else { "Pin" };
        items.push(request(view, Icon::Pin, label, move || {
            client.set_pinned(id, !is_pinned)
        }));
    }
    let is_saved = is_saved == Some(true);
    let label = if is_saved {
        "Remove from saved"
    } else {
        "Save"
    };
    items.push(request(view, Icon::Bookmark, label, move || {
        client.set_saved(id, !is_saved)
    }));
    if is_member && conversation != ConversationId::ANNOUNCEMENTS {
        items.push(MenuItem::new(Icon::Eye, "Who has read it", move || {
            view.receipts_of.set(Some(id));
        }));
    }
    items
}

/// An entry that asks the server for something. If it refuses, the reason is shown.
fn request<F: Future<Output = Result<(), AppError>> + 'static>(
    view: ConversationView,
    icon: Icon,
    label: &'static str,
    send: impl Fn() -> F + 'static,
) -> MenuItem {
    MenuItem::new(icon, label, move || {
        let answer = send();
        spawn(async move {
            if let Err(AppError(problem)) = answer.await {
                view.problem.set(Some(problem));
            }
        });
    })
}

fn copy_items(view: ConversationView, message: &Arc<Message>) -> [MenuItem; 2] {
    let path = format!("/c/{}/m/{}", view.id, message.id);
    let message = Arc::clone(message);
    [
        MenuItem::new(Icon::Copy, "Copy text", move || copy_text(&message.body)),
        MenuItem::new(Icon::Link, "Copy link", move || {
            let origin = window().location().origin().unwrap_or_default();
            copy_text(&format!("{origin}{path}"));
        }),
    ]
}
