//! The head of an open conversation: what it is, who is there, what can be done with it.

use super::{page::Panels, sidebar::conversation_face};
use crate::{
    live::{spawn, use_live},
    presence::presence_words,
    signals::{Var, derived},
    ui::{Icon, Menu, attr, close_menus, dynamic, icon, on, text},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, MemberRole};

#[component]
pub fn Header(id: ConversationId) -> impl IntoView {
    let live = use_live();
    let title = text(move || {
        live.store
            .with(|store| store.title(id).unwrap_or_default().to_owned())
    });
    let description = text(move || {
        live.store
            .with(|store| store.head(id)?.conversation.description.clone())
            .filter(|text| !text.is_empty())
            .map_or_else(String::new, |text| format!(" · {text}"))
    });
    part! {
        <header class="pane-header">
            <a class="icon-button only-narrow" href="/" aria-label="Back to conversations">
                {icon(Icon::Back)}
            </a>
            {conversation_face(id)}
            <div class="grow pane-names">
                <h2 id="conversation-title" dir="auto">{title}</h2>
                <p class="muted one-line">{about(id)} {description}</p>
            </div>
            {buttons(id)}
        </header>
    }
}

/// Under the name: whether the other one is there, or how many there are.
fn about(id: ConversationId) -> AnyView {
    let live = use_live();
    let facts = derived(move || {
        live.store.with(|store| {
            let head = store.head(id)?;
            Some((
                head.peer.as_ref().map(|peer| peer.id),
                head.conversation.member_count,
            ))
        })
    });
    dynamic(move || match facts.get() {
        Some((Some(peer), _)) => presence_words(peer),
        Some((None, 1)) => "1 member".into_any(),
        Some((None, count)) => format!("{count} members").into_any(),
        None => ().into_any(),
    })
}

fn buttons(id: ConversationId) -> AnyView {
    let live = use_live();
    let facts = derived(move || {
        live.store.with(|store| {
            let head = store.head(id)?;
            Some((head.conversation.kind, head.role))
        })
    });
    dynamic(move || match facts.get() {
        Some((ConversationKind::Direct, _)) | None => ().into_any(),
        Some((_, None)) => part! {
            <button type="button" class="button button-primary" on:click=on::click(move |_| {
                spawn(async move { drop(live.join(id).await) });
            })>
                "Join"
            </button>
        },
        Some((_, Some(role))) => member_buttons(role),
    })
}

fn member_buttons(role: MemberRole) -> AnyView {
    let panels = expect_context::<Panels>();
    let show = |dialog: Var<bool>| {
        move |_| {
            close_menus();
            dialog.set(true);
        }
    };
    let members = attr(move || panels.members.get().to_string());
    part! {
        <button
            type="button"
            class="icon-button only-scripted"
            aria-label="Members"
            title="Members"
            aria-expanded=members
            on:click=on::click(move |_| panels.members.update(|open| *open = !*open))
        >
            {icon(Icon::Group)}
        </button>
        <Menu label="More" button=icon(Icon::More)>
            {(role >= MemberRole::Admin)
                .then(|| {
                    part! {
                        <button type="button" class="menu-item" on:click=on::click(show(panels.details))>
                            {icon(Icon::Edit)}
                            "Name and description"
                        </button>
                    }
                })}
            <button type="button" class="menu-item" on:click=on::click(show(panels.leave))>
                {icon(Icon::SignOut)}
                "Leave"
            </button>
            {(role == MemberRole::Owner)
                .then(|| {
                    part! {
                        <button type="button" class="menu-item danger" on:click=on::click(show(panels.delete))>
                            {icon(Icon::Delete)}
                            "Delete"
                        </button>
                    }
                })}
        </Menu>
    }
}
