//! A message as it is read: who, what it answers, what it says, when, and how far it came.

use super::{
    edit::edit_form,
    open::{OpenMessages, use_open},
    reactions::reactions,
    text::{Piece, is_emoji_only, pieces},
};
use crate::{
    signals::derived,
    store::Tick,
    ui::{Icon, LocalTime, ShowTime, attr, dynamic, icon, on},
};
use leptos::prelude::*;
use model::{Attachment, Message, MessageId, Reply, UserId};
use std::sync::Arc;

pub fn bubble(message: Arc<Message>, named: bool) -> AnyView {
    let open = use_open();
    let id = message.id;
    let me = open.live.store.with_untracked(|store| store.me.user.id);
    let mine = message.sender.id == me;
    let name = if named {
        part! { <p class="sender" dir="auto">{message.sender.name.clone()}</p> }
    } else {
        let name = if mine {
            "You"
        } else {
            message.sender.name.as_str()
        };
        part! { <p class="sr-only">{name.to_owned()} ":"</p> }
    };
    let quote = message.reply_to.as_ref().map(|reply| quote(reply, open));
    let chips = reactions(open, &message);
    let said = message.clone();
    let words = dynamic(move || {
        if open.editing.get() == Some(id) {
            edit_form(&said)
        } else {
            body(&said, open)
        }
    });
    part! {
        <div class="bubble-column">
            <div class="bubble">
                {name}
                {quote}
                <div class="said">
                    {words}
                    <p class="meta">{meta(message, mine, open)}</p>
                </div>
            </div>
            {chips}
        </div>
    }
}

fn body(message: &Message, open: OpenMessages) -> AnyView {
    if message.deleted_at.is_some() {
        return part! { <p class="body body-deleted">"This message was deleted."</p> };
    }
    let class = if is_emoji_only(&message.body) {
        "body body-emoji"
    } else {
        "body"
    };
    let attachments: Vec<_> = message.attachments.iter().map(attachment).collect();
    part! {
        <p class=class dir="auto">
            {text(&message.body, open)}
        </p>
        {attachments}
    }
}

fn attachment(attachment: &Attachment) -> AnyView {
    let (name, url) = (attachment.name.clone(), attachment.url.clone());
    part! {
        <a class="attachment" dir="auto" href=url target="_blank" rel="noopener noreferrer">
            {name}
        </a>
    }
}

/// A text with its links and mentions.
pub fn text(text: &str, open: OpenMessages) -> Vec<AnyView> {
    let (members, me) = open.live.store.with_untracked(|store| {
        let members = store.members(open.id).unwrap_or_default();
        let names: Vec<_> = members
            .into_iter()
            .map(|member| member.user.username.to_ascii_lowercase())
            .collect();
        (names, store.me.user.username.to_ascii_lowercase())
    });
    pieces(text, &|name| members.iter().any(|member| member == name))
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.into_any(),
            Piece::Link(url) => part! {
                <a href=url.clone() target="_blank" rel="noopener noreferrer nofollow">
                    {url.clone()}
                </a>
            },
            Piece::Mention { username, written } => {
                let class = if username == me {
                    "mention mention-me"
                } else {
                    "mention"
                };
                part! { <span class=class>{written}</span> }
            }
        })
        .collect()
}

/// What a message answers; a press goes there.
pub fn quote(reply: &Reply, open: OpenMessages) -> AnyView {
    let (id, position) = (reply.id, reply.position);
    let words = if reply.deleted_at.is_some() {
        "This message was deleted.".to_owned()
    } else {
        reply.body.clone()
    };
    part! {
        <button type="button" class="quote" on:click=on::click(move |_| open.jump_to(id, position))>
            <span class="sr-only">"In reply to "</span>
            <span class="quote-name" dir="auto">{reply.sender.name.clone()}</span>
            <span class="quote-text" dir="auto">{words}</span>
        </button>
    }
}

fn meta(message: Arc<Message>, mine: bool, open: OpenMessages) -> AnyView {
    let edited = (message.edited_at.is_some() && message.deleted_at.is_none())
        .then(|| edited(message.id, open));
    let at = message.created_at;
    let ticks = (mine && message.deleted_at.is_none()).then(|| ticks(message, open));
    part! {
        {edited}
        <LocalTime at show=ShowTime::Clock />
        {ticks}
    }
}

fn edited(id: MessageId, open: OpenMessages) -> AnyView {
    part! {
        <button
            type="button"
            class="edited"
            aria-label="Edited: show earlier wordings"
            on:click=on::click(move |_| open.history.set(Some(id)))
        >
            "edited"
        </button>
    }
}

fn ticks(message: Arc<Message>, open: OpenMessages) -> AnyView {
    let tick = derived(move || open.live.store.with(|store| store.tick(&message)));
    let (picture, label) = (
        dynamic(move || {
            icon(if tick.get() == Tick::Sent {
                Icon::Check
            } else {
                Icon::CheckTwice
            })
        }),
        move || match tick.get() {
            Tick::Sent => "Sent",
            Tick::Delivered => "Delivered",
            Tick::Read => "Read",
        },
    );
    let class = attr(move || {
        if tick.get() == Tick::Read {
            "ticks ticks-read"
        } else {
            "ticks"
        }
    });
    part! {
        <span class=class title=attr(label)>
            {picture}
            <span class="sr-only">{crate::ui::text(move || label().to_owned())}</span>
        </span>
    }
}

/// The name of somebody in this conversation.
pub fn name_of(open: OpenMessages, user_id: UserId) -> String {
    open.live.store.with_untracked(|store| {
        if store.me.user.id == user_id {
            return "You".to_owned();
        }
        store
            .members(open.id)
            .unwrap_or_default()
            .into_iter()
            .find(|member| member.user.id == user_id)
            .map_or_else(
                || "Somebody who left".to_owned(),
                |member| member.user.name.clone(),
            )
    })
}
