//! What a conversation is: its description in full, its kind, and since when it is there.

use crate::{
    client::use_client,
    erased_signal::memo,
    store::Key,
    ui::{LocalTime, TimeFormat, show_if, text_span},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind};

pub fn about(id: ConversationId) -> AnyView {
    let client = use_client();
    let conversation = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
            Some(store.summary(id)?.conversation.clone())
        })
    });
    show_if(move || {
        let conversation = conversation.get()?;
        let kind = match (conversation.kind, conversation.private) {
            (ConversationKind::Channel, false) => "Public channel",
            (ConversationKind::Channel, true) => "Private channel",
            _ => "Group",
        };
        let members = match conversation.member_count {
            1 => "1 member".to_owned(),
            count => format!("{count} members"),
        };
        let description = conversation.description.filter(|text| !text.is_empty());
        let description = description.map(|text| {
            view! { <p class="about-text" dir="auto">{text_span(&text)}</p> }
        });
        Some(
            view! {
                <section class="about" aria-label="About">
                    {description}
                    <p class="muted">
                        {format!("{kind} · {members} · created on ")}
                        <LocalTime at=conversation.created_at format=TimeFormat::Full />
                    </p>
                </section>
            }
            .into_any(),
        )
    })
}
