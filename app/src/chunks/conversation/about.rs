//! What a conversation is: its description in full, its kind, since when it is there, the way to its files,
//! and whether links are previewed.

use crate::{
    client::{ChatClient, spawn, use_client},
    erased_signal::{ErasedSignal, memo},
    error::AppError,
    finding::use_finding,
    store::Key,
    ui::{Icon, LocalTime, TimeFormat, any_problem_note, icon, loading_note, show_if, text_span},
};
use leptos::prelude::*;
use model::{
    ConversationId, ConversationKind, LinkPreviewChoice, LinkPreviewState, MemberRole, Problem,
};

pub fn about(id: ConversationId) -> AnyView {
    let (client, finding) = (use_client(), use_finding());
    let conversation = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
            Some(store.summary(id)?.conversation.clone())
        })
    });
    let about = show_if(move || {
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
    });
    let may_choose = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
            let role = store.summary(id).and_then(|summary| summary.role);
            role >= Some(MemberRole::Admin)
        })
    });
    let previews = show_if(move || may_choose.get().then(|| preview_choice(client, id, false)));
    view! {
        {about}
        {previews}
    }
    .into_any()
}

/// The dialog of conversations without a panel of members.
pub fn previews(id: ConversationId) -> AnyView {
    preview_choice(use_client(), id, true)
}

/// Whether links are previewed there, for those who choose it. `says_none`: where the server makes none, it says so, and
/// shows nothing otherwise.
fn preview_choice(client: ChatClient, id: ConversationId, says_none: bool) -> AnyView {
    // As the server has said last: a change that is refused goes back to it.
    let saved = ErasedSignal::new(None::<LinkPreviewState>);
    let enabled = ErasedSignal::new(false);
    let problem = ErasedSignal::new(None::<Problem>);
    spawn(async move {
        match client.link_preview_state(id).await {
            Ok(state) => {
                enabled.set(state.enabled);
                saved.set(Some(state));
            }
            Err(AppError(error)) => problem.set(Some(error)),
        }
    });
    let is_known = memo(move || saved.get().is_some_and(|it| it.available));
    let makes_none = memo(move || saved.get().is_some_and(|it| !it.available));
    let choose = move |wanted: bool| {
        enabled.set(wanted);
        problem.set(None);
        let choice = LinkPreviewChoice { enabled: wanted };
        spawn(async move {
            match client.set_link_preview_choice(id, choice).await {
                Ok(state) => saved.set(Some(state)),
                Err(AppError(error)) => {
                    if let Some(Some(state)) = saved.try_get_untracked() {
                        enabled.set(state.enabled);
                    }
                    problem.set(Some(error));
                }
            }
        });
    };
    let none = show_if(move || {
        let is_shown = says_none && makes_none.get();
        is_shown.then(|| {
            view! { <p class="muted" role="status">"This server previews no links."</p> }.into_any()
        })
    });
    let choice = show_if(move || {
        let choice = || {
            view! {
                <div class="about">
                    <label class="about-previews">
                        <input
                            type="checkbox"
                            prop:checked=move || enabled.get()
                            on:change=move |event| choose(event_target_checked(&event))
                        />
                        "Preview links in messages"
                    </label>
                </div>
            }
            .into_any()
        };
        is_known.get().then(choice)
    });
    let waits = show_if(move || {
        let is_answered = is_known.get() || makes_none.get() || problem.with(Option::is_some);
        (says_none && !is_answered).then(loading_note)
    });
    view! {
        {waits}
        {none}
        {choice}
        {any_problem_note(problem)}
    }
    .into_any()
}
