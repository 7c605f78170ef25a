//! What a conversation is: its description in full, its kind, since when it is there, and the way to its files.

use crate::{
    client::use_client,
    erased_signal::memo,
    finding::use_finding,
    store::Key,
    ui::{Icon, LocalTime, TimeFormat, icon, show_if, text_span},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind};

pub fn about(id: ConversationId) -> AnyView {
    let (client, finding) = (use_client(), use_finding());
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
                    <button
                        type="button"
                        class="menu-item about-files"
                        on:click=move |_| finding.open_search("has:file ", Some(id))
                    >
                        {icon(Icon::File)}
                        "Files"
                    </button>
                </section>
            }
            .into_any(),
        )
    })
}
