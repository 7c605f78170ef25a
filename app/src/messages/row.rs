//! One row of the timeline: a message, or one that is still on its way.

use super::{actions::actions, bubble::bubble, open::use_open, outgoing::outgoing};
use crate::{
    signals::{Derived, derived},
    store::{Entry, MessageRow, RowKey},
    ui::{attr, avatar, maybe, on, shown},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, Message, MessageKind, Sender};

#[component]
pub fn Row(id: ConversationId, key: RowKey) -> impl IntoView {
    let open = use_open();
    let row = derived(move || open.live.store.with(|store| store.row(id, &key)));
    let message_id =
        derived(move || row.with(|row| message_of(row.as_ref()).map(|message| message.id)));
    let me = open.live.store.with_untracked(|store| store.me.user.id);
    let class = attr(move || {
        let class = row.with(|row| class_of(row.as_ref(), me));
        let is_marked = open.marked.get().is_some() && open.marked.get() == message_id.get();
        format!("{class}{}", if is_marked { " marked" } else { "" })
    });
    let activate = move || {
        if open.active.get_untracked() != message_id.get_untracked() {
            open.active.set(message_id.get_untracked());
            open.picking.set(None);
        }
    };
    part! {
        <li
            id=maybe(move || message_id.get().map(|id| format!("m-{id}")))
            data-message=maybe(move || message_id.get().map(|id| id.to_string()))
            class=class
            tabindex="-1"
            on:pointerenter=on::pointer(move |event| {
                if event.pointer_type() == "mouse" {
                    activate();
                }
            })
            on:focusin=on::focus(move |_| activate())
            on:click=on::click(move |_| activate())
        >
            {shown(move || row.get().map(content))}
            {shown(move || is_active(open, message_id).then(|| actions(message_id)))}
        </li>
    }
}

fn is_active(open: super::OpenMessages, id: Derived<Option<model::MessageId>>) -> bool {
    let id = id.get();
    id.is_some() && open.active.get() == id && open.editing.get() != id
}

fn message_of(row: Option<&MessageRow>) -> Option<&Message> {
    match &row?.entry {
        Entry::Message(message) => Some(message),
        Entry::Outgoing(_) => None,
    }
}

fn class_of(row: Option<&MessageRow>, me: model::UserId) -> &'static str {
    let Some(row) = row else { return "message" };
    let (mine, system) = match &row.entry {
        Entry::Message(message) => (message.sender.id == me, message.kind == MessageKind::System),
        Entry::Outgoing(_) => (true, false),
    };
    match (system, mine, row.starts_group) {
        (true, ..) => "message message-system",
        (_, true, true) => "message message-mine message-first",
        (_, true, false) => "message message-mine",
        (_, false, true) => "message message-first",
        (_, false, false) => "message",
    }
}

fn content(row: MessageRow) -> AnyView {
    let open = use_open();
    let starts_group = row.starts_group;
    match row.entry {
        Entry::Outgoing(message) => outgoing(*message),
        Entry::Message(message) if message.kind == MessageKind::System => {
            part! { <p class="system-text" dir="auto">{message.body.clone()}</p> }
        }
        Entry::Message(message) => {
            let (me, kind) = open.live.store.with_untracked(|store| {
                let kind = store.head(open.id).map(|head| head.conversation.kind);
                (store.me.user.id, kind)
            });
            let named = message.sender.id != me && kind != Some(ConversationKind::Direct);
            part! {
                {named.then(|| face(&message.sender, starts_group))}
                {bubble(message, named && starts_group)}
            }
        }
    }
}

fn face(sender: &Sender, shown: bool) -> AnyView {
    if shown {
        avatar(sender.id.0, &sender.name, sender.avatar_url.as_deref())
    } else {
        part! { <span class="avatar-gap"></span> }
    }
}
