//! The bubble of a message: sender, quote, body, attachments, time, delivery status, reactions.

use super::{
    conversation_view::{ConversationView, use_conversation_view},
    edit_form::edit_form,
    reactions::reactions,
    text::{TextSegment, is_emoji_only, split_text},
};
use crate::{
    erased_signal::{ErasedMemo, memo},
    store::{DeliveryStatus, Entry, MessageRow},
    ui::{
        Icon, LocalTime, TimeFormat, dynamic_attr, dynamic_text, dynamic_view, icon, on, show_if,
        text_span,
    },
};
use leptos::prelude::*;
use model::{Attachment, Message, MessageId, Reply};
use std::sync::Arc;

/// `named` shows the sender's name; it is read to screen readers in any case.
pub fn bubble(message: Arc<Message>, named: bool) -> AnyView {
    let view = use_conversation_view();
    let me = view.client.store.with_untracked(|store| store.me.user.id);
    let mine = message.sender.id == me;
    let name = if named {
        any_view! { <p class="sender notranslate" dir="auto">{message.sender.name.clone()}</p> }
    } else {
        let name = if mine {
            "You"
        } else {
            message.sender.name.as_str()
        };
        any_view! { <p class="sr-only"><bdi>{name.to_owned()}</bdi> ":"</p> }
    };
    let quote = message.reply_to.as_ref().map(|reply| quote(reply, view));
    let chips = reactions(view, &message);
    let content = body(&message, view);
    any_view! {
        <div class="bubble-column">
            <div class="bubble">
                {name}
                {quote}
                <div class="said">
                    {content}
                    <p class="meta notranslate">{meta(message, mine, view)}</p>
                </div>
            </div>
            {chips}
        </div>
    }
}

/// The bubble of an own message while it is edited. The parts beside the form change with the message.
pub fn editing_bubble(id: MessageId, row: ErasedMemo<Option<MessageRow>>) -> AnyView {
    let view = use_conversation_view();
    let message = move || {
        row.with(|row| match &row.as_ref()?.entry {
            Entry::Message(message) => Some(Arc::clone(message)),
            Entry::Outgoing(_) => None,
        })
    };
    let quote = show_if(move || message()?.reply_to.as_ref().map(|reply| quote(reply, view)));
    let chips = show_if(move || reactions(view, &message()?));
    any_view! {
        <div class="bubble-column">
            <div class="bubble">
                <p class="sr-only">"You:"</p>
                {quote}
                <div class="said">{edit_form(id)}</div>
            </div>
            {chips}
        </div>
    }
}

fn body(message: &Message, view: ConversationView) -> AnyView {
    if message.deleted_at.is_some() {
        return any_view! { <p class="body body-deleted">"This message was deleted."</p> };
    }
    let class = if is_emoji_only(&message.entities) {
        "body body-emoji"
    } else {
        "body"
    };
    let attachments: Vec<_> = message.attachments.iter().map(attachment).collect();
    any_view! {
        <p class=class dir="auto">
            {rich_text(message, view)}
        </p>
        {attachments}
    }
}

fn attachment(attachment: &Attachment) -> AnyView {
    let (name, url) = (attachment.name.clone(), attachment.url.clone());
    any_view! {
        <a class="attachment" dir="auto" href=url target="_blank" rel="noopener noreferrer">
            {name}
        </a>
    }
}

/// The body with its links and mentions as elements.
fn rich_text(message: &Message, view: ConversationView) -> Vec<AnyView> {
    let me = view.client.store.with_untracked(|store| store.me.user.id);
    split_text(&message.body, &message.entities)
        .into_iter()
        .map(|segment| match segment {
            TextSegment::Text(text) => text_span(text),
            TextSegment::Link(url) => any_view! {
                <a href=url.to_owned() target="_blank" rel="noopener noreferrer nofollow">
                    {text_span(url)}
                </a>
            },
            TextSegment::Mention(user_id, written) => {
                let class = if user_id == me {
                    "mention mention-me"
                } else {
                    "mention"
                };
                any_view! { <span class=class>{text_span(written)}</span> }
            }
        })
        .collect()
}

/// The message that is replied to; a click jumps to it.
pub fn quote(reply: &Reply, view: ConversationView) -> AnyView {
    let (id, position) = (reply.id, reply.position);
    let text = if reply.deleted_at.is_some() {
        "This message was deleted.".to_owned()
    } else {
        reply.body.clone()
    };
    any_view! {
        <button type="button" class="quote" on:click=on::click(move |_| view.jump_to(id, position))>
            <span class="sr-only">"In reply to "</span>
            <span class="quote-name notranslate" dir="auto">{reply.sender.name.clone()}</span>
            <span class="quote-text" dir="auto">{text_span(&text)}</span>
        </button>
    }
}

fn meta(message: Arc<Message>, mine: bool, view: ConversationView) -> AnyView {
    let edited = (message.edited_at.is_some() && message.deleted_at.is_none())
        .then(|| edited(message.id, view));
    let at = message.created_at;
    let status = (mine && message.deleted_at.is_none()).then(|| delivery_status(message, view));
    any_view! {
        {edited}
        <LocalTime at format=TimeFormat::Clock />
        {status}
    }
}

fn edited(id: MessageId, view: ConversationView) -> AnyView {
    any_view! {
        <button
            type="button"
            class="edited"
            aria-label="Edited: show earlier wordings"
            on:click=on::click(move |_| view.history.set(Some(id)))
        >
            "edited"
        </button>
    }
}

fn delivery_status(message: Arc<Message>, view: ConversationView) -> AnyView {
    let status = memo(move || {
        view.client
            .store
            .with(|store| store.delivery_status(&message))
    });
    let (picture, label) = (
        dynamic_view(move || {
            icon(if status.get() == DeliveryStatus::Sent {
                Icon::Check
            } else {
                Icon::CheckTwice
            })
        }),
        move || match status.get() {
            DeliveryStatus::Sent => "Sent",
            DeliveryStatus::Delivered => "Delivered",
            DeliveryStatus::Read => "Read",
        },
    );
    let class = dynamic_attr(move || {
        if status.get() == DeliveryStatus::Read {
            "ticks ticks-read"
        } else {
            "ticks"
        }
    });
    any_view! {
        <span class=class title=dynamic_attr(label)>
            {picture}
            <span class="sr-only">{dynamic_text(move || label().to_owned())}</span>
        </span>
    }
}
