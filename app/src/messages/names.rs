//! Names of the users of the open conversation, and who wrote a message.

use super::conversation_view::ConversationView;
use crate::{
    store::Key,
    ui::{avatar, clock_html, dynamic_attr, escape_html, name_class, use_zone},
};
use leptos::prelude::*;
use model::{Sender, UserId};
use time::OffsetDateTime;

/// The user as the sender of a message that is not sent yet.
pub fn own_sender(view: ConversationView) -> Sender {
    view.client.store.with_untracked(|store| {
        let me = &store.me.user;
        Sender {
            id: me.id,
            username: me.username.clone(),
            name: me.name.clone(),
            avatar_url: me.avatar_url.clone(),
            bot: me.bot,
        }
    })
}

/// The face of a sender on the first row of a group. The style sheet says in which layouts it is shown.
pub fn face(sender: &Sender, starts_group: bool) -> Option<AnyView> {
    starts_group.then(|| {
        let picture = avatar(sender.id.0, &sender.name, sender.avatar_url.as_deref());
        // A click opens the card of the sender (`finding.rs`), as on the name, which keys reach.
        any_view! { <span class="sender-face" data-user=sender.id.to_string()>{picture}</span> }
    })
}

/// Beside the name of a program.
const BOT_MARK: &str = r#" <span class="tag">Bot</span>"#;

/// Who wrote a message: with its time on the first row of a group, for screen readers alone on the others.
pub fn byline(sender: &Sender, at: OffsetDateTime, starts_group: bool) -> AnyView {
    let name = escape_html(&sender.name);
    if !starts_group {
        return any_view! { <p class="sr-only notranslate" inner_html=format!("<bdi>{name}</bdi>:")></p> };
    }
    let (zone, class, id) = (use_zone(), name_class(sender.id.0), sender.id);
    let mark = if sender.bot { BOT_MARK } else { "" };
    let html = dynamic_attr(move || {
        let time = clock_html(zone, at);
        format!(
            r#"<button type="button" tabindex="-1" class="{class}" data-user="{id}" dir="auto">{name}</button>{mark} {time}"#
        )
    });
    any_view! { <p class="by notranslate" inner_html=html></p> }
}

/// The name of a member; "You" for the user themselves. It follows the members.
pub fn name_of(view: ConversationView, user_id: UserId) -> String {
    view.client.store.with(&[Key::Members(view.id)], |store| {
        if store.me.user.id == user_id {
            return "You".to_owned();
        }
        store
            .members(view.id)
            .unwrap_or_default()
            .into_iter()
            .find(|member| member.user.id == user_id)
            .map_or_else(
                || "Somebody who left".to_owned(),
                |member| member.user.name.clone(),
            )
    })
}
