//! One message in a list of messages.

use crate::ui::{LocalTime, TimeFormat, avatar};
use leptos::prelude::*;
use model::Message;

/// Characters of a message that a list shows at most.
const MAX_CHARS: usize = 500;

/// The sender, the time and the beginning of the text. `place`: where it was said.
pub fn message_item(message: &Message, place: Option<AnyView>) -> AnyView {
    let sender = &message.sender;
    let text: String = if message.deleted_at.is_some() {
        "This message was deleted.".to_owned()
    } else {
        message.line().chars().take(MAX_CHARS).collect()
    };
    view! {
        {avatar(sender.id.0, &sender.name, sender.avatar_url.as_deref())}
        <span class="item-text">
            <span class="item-top">
                <strong class="notranslate" dir="auto">{sender.name.clone()}</strong>
                {sender.bot.then(|| any_view! { <span class="tag">"Bot"</span> })}
                {place}
                <LocalTime at=message.created_at format=TimeFormat::Short />
            </span>
            <span class="item-body" dir="auto">{text}</span>
        </span>
    }
    .into_any()
}
