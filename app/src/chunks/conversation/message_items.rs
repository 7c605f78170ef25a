//! What the menu of a message offers. A new entry is one `item` here, with its icon in `ui/icon.rs`.

use crate::{
    messages::ConversationView,
    ui::{Icon, copy_text},
};
use leptos::prelude::*;
use model::{Message, MessageId};
use std::sync::Arc;

pub struct MenuItem {
    pub icon: Icon,
    pub label: &'static str,
    /// Shown as something that cannot be taken back.
    pub is_danger: bool,
    /// Called after the menu has closed.
    pub act: Box<dyn Fn()>,
}

fn item(icon: Icon, label: &'static str, act: impl Fn() + 'static) -> MenuItem {
    MenuItem {
        icon,
        label,
        is_danger: false,
        act: Box::new(act),
    }
}

/// The entries for a message that is not deleted, in their order. Empty if the message is not loaded.
pub fn items(view: ConversationView, id: MessageId) -> Vec<MenuItem> {
    let Some(message) = view.message(id) else {
        return Vec::new();
    };
    let permissions = view.permissions(&message);
    let mut items = Vec::new();
    if permissions.is_some() {
        let quoted = Arc::clone(&message);
        items.push(item(Icon::Reply, "Reply", move || view.reply_to(&quoted)));
    }
    items.extend(copy_items(view, &message));
    if permissions.is_some_and(|may| may.edit) {
        items.push(item(Icon::Edit, "Edit", move || view.start_editing(id)));
    }
    if permissions.is_some_and(|may| may.delete) {
        items.push(MenuItem {
            is_danger: true,
            ..item(Icon::Delete, "Delete", move || {
                view.deleting.set(Some(id));
            })
        });
    }
    items
}

fn copy_items(view: ConversationView, message: &Arc<Message>) -> [MenuItem; 2] {
    let path = format!("/c/{}/m/{}", view.id, message.id);
    let message = Arc::clone(message);
    [
        item(Icon::Copy, "Copy text", move || copy_text(&message.body)),
        item(Icon::Link, "Copy link", move || {
            let origin = window().location().origin().unwrap_or_default();
            copy_text(&format!("{origin}{path}"));
        }),
    ]
}
