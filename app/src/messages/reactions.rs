//! The reactions below a message.

use super::{conversation_view::ConversationView, names::name_of};
use crate::ui::on;
use leptos::prelude::*;
use model::{Message, Reaction};
use std::sync::Arc;

pub fn reactions(view: ConversationView, message: &Arc<Message>) -> Option<AnyView> {
    (!message.reactions.is_empty()).then(|| {
        let chips: Vec<_> = message
            .reactions
            .iter()
            .map(|reaction| chip(view, message, reaction))
            .collect();
        any_view! { <div class="reactions notranslate" role="group" aria-label="Reactions">{chips}</div> }
    })
}

fn chip(view: ConversationView, message: &Arc<Message>, reaction: &Reaction) -> AnyView {
    let me = view.client.store.with_untracked(|store| store.me.user.id);
    let mine = reaction.user_ids.contains(&me);
    let names: Vec<_> = reaction
        .user_ids
        .iter()
        .map(|id| name_of(view, *id))
        .collect();
    let who = format!("{} {}", reaction.emoji, names.join(", "));
    let (emoji, message) = (reaction.emoji.clone(), message.clone());
    any_view! {
        <button
            type="button"
            class="reaction"
            aria-pressed=mine.to_string()
            aria-label=who.clone()
            title=who
            on:click=on::click(move |event| {
                event.stop_propagation();
                view.toggle_reaction(&message, emoji.clone());
            })
        >
            <span aria-hidden="true">{reaction.emoji.clone()}</span>
            <span aria-hidden="true">{reaction.count.to_string()}</span>
        </button>
    }
}
