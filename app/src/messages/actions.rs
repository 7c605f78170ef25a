//! What can be done with the message under the pointer, the finger, or the focus.

use super::{
    open::{OpenMessages, use_open},
    reactions::Picker,
};
use crate::{
    signals::Derived,
    ui::{Icon, icon, on, shown},
};
use leptos::prelude::*;
use model::{ConversationKind, MemberRole, Message, MessageId};

pub fn actions(message_id: Derived<Option<MessageId>>) -> AnyView {
    let open = use_open();
    let message = move || open.message(message_id.get()?);
    shown(move || {
        let message = message().filter(|message| message.deleted_at.is_none())?;
        let rights = rights(&message, open)?;
        Some(bar(message_id, &message, rights, open))
    })
}

#[derive(Clone, Copy)]
struct Rights {
    edit: bool,
    delete: bool,
}

/// Nothing at all for those who only look.
fn rights(message: &Message, open: OpenMessages) -> Option<Rights> {
    open.live.store.with_untracked(|store| {
        let head = store.head(open.id)?;
        let role = head.role?;
        let mine = store.me.user.id == message.sender.id;
        let keeps_order =
            role >= MemberRole::Admin && head.conversation.kind != ConversationKind::Direct;
        Some(Rights {
            edit: mine,
            delete: mine || keeps_order,
        })
    })
}

fn bar(
    message_id: Derived<Option<MessageId>>,
    message: &Message,
    rights: Rights,
    open: OpenMessages,
) -> AnyView {
    let id = message.id;
    let is_picking = move || message_id.get().is_some() && open.picking.get() == message_id.get();
    let toggle = move || {
        let next = if open.picking.get_untracked() == Some(id) {
            None
        } else {
            Some(id)
        };
        open.picking.set(next);
    };
    let reply = move || {
        if let Some(message) = open.message(id) {
            open.reply_to(&message);
        }
    };
    part! {
        <div class="actions" role="group" aria-label="Message actions">
            {button(Icon::Smile, "React", toggle)}
            {button(Icon::Reply, "Reply", reply)}
            {rights.edit.then(|| button(Icon::Edit, "Edit", move || open.edit(id)))}
            {rights.delete.then(|| button(Icon::Delete, "Delete", move || open.deleting.set(Some(id))))}
            {shown(move || is_picking().then(|| part! { <Picker id /> }))}
        </div>
    }
}

fn button(picture: Icon, label: &'static str, act: impl Fn() + 'static) -> AnyView {
    part! {
        <button type="button" class="action" aria-label=label title=label on:click=on::click(move |event| {
            event.stop_propagation();
            act();
        })>
            {icon(picture)}
        </button>
    }
}
