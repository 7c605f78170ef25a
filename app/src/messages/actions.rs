//! The actions of the active message: react, reply, edit, delete.

use super::conversation_view::{ConversationView, use_conversation_view};
use crate::{
    chunks::{CONVERSATION, ConversationPart},
    erased_signal::ErasedMemo,
    ui::{Icon, icon, on, show_if},
};
use leptos::prelude::*;
use model::{ConversationKind, MemberRole, Message, MessageId};

pub fn actions(message_id: ErasedMemo<Option<MessageId>>) -> AnyView {
    let view = use_conversation_view();
    let message = move || view.message(message_id.get()?);
    show_if(move || {
        let message = message().filter(|message| message.deleted_at.is_none())?;
        let permissions = permissions(&message, view)?;
        Some(bar(message_id, &message, permissions, view))
    })
}

#[derive(Clone, Copy)]
struct MessagePermissions {
    edit: bool,
    delete: bool,
}

/// `None` for those who may only read.
fn permissions(message: &Message, view: ConversationView) -> Option<MessagePermissions> {
    view.client.store.with_untracked(|store| {
        let summary = store.summary(view.id).filter(|it| it.may_write())?;
        let role = summary.role?;
        let mine = store.me.user.id == message.sender.id;
        let is_moderator =
            role >= MemberRole::Admin && summary.conversation.kind != ConversationKind::Direct;
        Some(MessagePermissions {
            edit: mine,
            delete: mine || is_moderator,
        })
    })
}

fn bar(
    message_id: ErasedMemo<Option<MessageId>>,
    message: &Message,
    permissions: MessagePermissions,
    view: ConversationView,
) -> AnyView {
    let id = message.id;
    let is_picker_open =
        move || message_id.get().is_some() && view.reaction_picker_for.get() == message_id.get();
    let toggle = move || {
        let next = if view.reaction_picker_for.get_untracked() == Some(id) {
            None
        } else {
            Some(id)
        };
        view.reaction_picker_for.set(next);
    };
    let reply = move || {
        if let Some(message) = view.message(id) {
            view.reply_to(&message);
        }
    };
    any_view! {
        <div class="actions" role="group" aria-label="Message actions">
            {button(Icon::Smile, "React", toggle)}
            {button(Icon::Reply, "Reply", reply)}
            {permissions.edit.then(|| button(Icon::Edit, "Edit", move || view.start_editing(id)))}
            {permissions.delete.then(|| button(Icon::Delete, "Delete", move || view.deleting.set(Some(id))))}
            {show_if(move || is_picker_open().then(|| CONVERSATION.view(ConversationPart::Reactions(id))))}
        </div>
    }
}

fn button(picture: Icon, label: &'static str, act: impl Fn() + 'static) -> AnyView {
    any_view! {
        <button type="button" class="action" aria-label=label title=label on:click=on::click(move |event| {
            event.stop_propagation();
            act();
        })>
            {icon(picture)}
        </button>
    }
}
