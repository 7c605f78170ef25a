//! The actions of the active message: three quick reactions, react, reply, thread, and a menu with the rest.

use crate::{
    chunks::{CONVERSATION, ConversationPart, EMOJI, EmojiPicker, Taken},
    erased_signal::ErasedMemo,
    messages::{ConversationView, most_used, record_use, use_conversation_view},
    ui::{Icon, dynamic_attr, icon, on, show_if},
};
use leptos::prelude::*;
use model::MessageId;

/// Reactions that need one click.
const QUICK_REACTIONS: usize = 3;

pub fn actions(message_id: ErasedMemo<Option<MessageId>>) -> AnyView {
    let view = use_conversation_view();
    let message = move || view.message(message_id.get()?);
    show_if(move || {
        let message = message().filter(|message| message.deleted_at.is_none())?;
        view.permissions(&message)?;
        Some(bar(message.id, view))
    })
}

fn bar(id: MessageId, view: ConversationView) -> AnyView {
    let is_picker_open = move || view.reaction_picker_for.get() == Some(id);
    let is_menu_open = move || view.menu_for.get() == Some(id);
    let toggle_picker = move || {
        let is_open = view.reaction_picker_for.get_untracked() == Some(id);
        view.menu_for.set(None);
        view.reaction_picker_for.set((!is_open).then_some(id));
    };
    let reply = move || {
        if let Some(message) = view.message(id) {
            view.reply_to(&message);
        }
    };
    let thread = move || {
        let root = view.message(id).and_then(|message| message.thread_id);
        view.open_thread.set(Some(root.unwrap_or(id)));
    };
    let thread = (view.thread.is_none()).then(|| button(Icon::Thread, "Reply in a thread", thread));
    let quick = most_used(QUICK_REACTIONS).into_iter();
    let quick: Vec<_> = quick.map(|emoji| quick_reaction(id, emoji, view)).collect();
    any_view! {
        {quick}
        {button(Icon::Smile, "React", toggle_picker)}
        {button(Icon::Reply, "Reply", reply)}
        {thread}
        <button
            type="button"
            class="action"
            aria-label="More actions"
            title="More actions"
            aria-haspopup="menu"
            aria-expanded=dynamic_attr(move || is_menu_open().to_string())
            on:click=on::click(move |event| {
                event.stop_propagation();
                view.toggle_menu(id);
            })
        >
            {icon(Icon::More)}
        </button>
        {show_if(move || is_picker_open().then(|| EMOJI.view_with_field(picker(id, view))))}
        {show_if(move || is_menu_open().then(|| CONVERSATION.view(ConversationPart::MessageMenu(id))))}
    }
}

/// Its emoji are reactions to the message.
fn picker(id: MessageId, view: ConversationView) -> EmojiPicker {
    EmojiPicker {
        client: view.client,
        label: "Pick a reaction",
        button: ".actions [aria-label='React']",
        take: Callback::new(move |taken: Taken| {
            if let Some(message) = view.message(id) {
                view.switch_reaction(&message, taken.emoji);
            }
            if !taken.stays {
                view.close_reaction_picker(id);
            }
        }),
        close: Callback::new(move |was_inside| {
            if was_inside {
                view.close_reaction_picker(id);
            } else {
                view.reaction_picker_for.set(None);
            }
        }),
    }
}

fn quick_reaction(id: MessageId, emoji: String, view: ConversationView) -> AnyView {
    let label = format!("React with {emoji}");
    let html = emoji.clone();
    any_view! {
        <button
            type="button"
            class="action action-emoji notranslate"
            aria-label=label.clone()
            title=label
            inner_html=html
            on:click=on::click(move |event| {
                event.stop_propagation();
                record_use(&emoji);
                if let Some(message) = view.message(id) {
                    view.toggle_reaction(&message, emoji.clone());
                }
            })
        ></button>
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
