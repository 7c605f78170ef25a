//! The sidebar: the reader, a filter, and the conversations, the newest first.

use super::{layout::Dialogs, sidebar_row::SidebarRow};
use crate::{
    live::{lowercase, use_live},
    presence::{PresenceChoices, presence_dot},
    session::SignOut,
    signals::{Var, derived},
    ui::{Icon, Menu, avatar, close_menus, dynamic, each, empty_state, icon, on, shown},
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::ConversationId;
use wasm_bindgen::JsCast;

#[component]
pub fn Sidebar() -> impl IntoView {
    let live = use_live();
    let filter = Var::new(String::new());
    let ids = derived(move || {
        let filter = filter.with(|filter| lowercase(filter.trim()));
        live.store.with(|store| {
            let mut ids = store.head_ids();
            ids.retain(|id| {
                filter.is_empty()
                    || store
                        .title(*id)
                        .is_some_and(|title| lowercase(title).contains(&filter))
            });
            ids
        })
    });
    let nothing = move || ids.with(Vec::is_empty);
    part! {
        <nav class="sidebar" aria-label="Conversations">
            {sidebar_head()}
            <div class="filter">
                {icon(Icon::Search)}
                <input
                    id="filter"
                    type="search"
                    placeholder="Find a conversation"
                    aria-label="Find a conversation"
                    autocomplete="off"
                    on:input=on::input(move |event| filter.set(event_target_value(&event)))
                    on:keydown=on::key(|event| move_focus(&event))
                />
            </div>
            <ul class="conversations" on:keydown=on::key(|event| move_focus(&event))>
                {each(
                    move || ids.get(),
                    ConversationId::to_string,
                    |id| part! { <SidebarRow id=*id /> },
                )}
            </ul>
            {shown(move || nothing().then(|| nobody_yet(filter)))}
        </nav>
    }
}

fn sidebar_head() -> AnyView {
    let dialogs = expect_context::<Dialogs>();
    part! {
        <header class="sidebar-header">
            {own_menu()}
            <p class="sidebar-title">"Parlance"</p>
            <a
                class="icon-button"
                href="/new"
                aria-label="New conversation"
                title="New conversation"
                on:click=on::click(move |event| {
                    event.prevent_default();
                    dialogs.new.set(true);
                })
            >
                {icon(Icon::Plus)}
            </a>
        </header>
    }
}

fn own_menu() -> AnyView {
    let live = use_live();
    let dialogs = expect_context::<Dialogs>();
    let (id, name, username) = live.store.with_untracked(|store| {
        let me = &store.me.user;
        (me.id, me.name.clone(), me.username.clone())
    });
    let face = dynamic(move || {
        live.store.with(|store| {
            let me = &store.me.user;
            avatar(me.id.0, &me.name, me.avatar_url.as_deref())
        })
    });
    let button = part! { <span class="face">{face} {presence_dot(id)}</span> };
    part! {
        <Menu label="You" class="face-button" button>
            <p class="menu-title">
                <strong>{name}</strong>
                <span class="muted">"@" {username}</span>
            </p>
            <PresenceChoices />
            <hr />
            <a class="menu-item" href="/settings" on:click=on::click(|_| close_menus())>
                {icon(Icon::Settings)}
                "Settings"
            </a>
            <button type="button" class="menu-item only-scripted" on:click=on::click(move |_| {
                close_menus();
                dialogs.shortcuts.set(true);
            })>
                {icon(Icon::Keyboard)}
                "Keyboard shortcuts"
            </button>
            <form method="post" action=SignOut::url() on:submit=on::submit(move |_| live.forget())>
                <button class="menu-item">
                    {icon(Icon::SignOut)}
                    "Sign out"
                </button>
            </form>
        </Menu>
    }
}

fn nobody_yet(filter: Var<String>) -> AnyView {
    if filter.with(|filter| filter.trim().is_empty()) {
        let start =
            part! { <a class="button button-primary" href="/new">"Start a conversation"</a> };
        empty_state(
            Icon::Speech,
            "Nothing here yet",
            "Find a colleague, or open a channel for a topic.",
            start,
        )
    } else {
        part! { <p class="muted centred">"No conversation has that name."</p> }
    }
}

/// Up and down go from one conversation to the next.
fn move_focus(event: &ev::KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let (Ok(links), Some(here)) = (
        document().query_selector_all(".conversations a"),
        document().active_element(),
    ) else {
        return;
    };
    let focused = (0..links.length()).find(|index| {
        links
            .item(*index)
            .is_some_and(|link| link.is_same_node(Some(&here)))
    });
    let next = match (focused, forward) {
        (None, true) => Some(0),
        (None, false) => None,
        (Some(at), true) => Some(at + 1),
        (Some(at), false) => at.checked_sub(1),
    };
    let target = next
        .and_then(|index| links.item(index))
        .and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok());
    event.prevent_default();
    match target {
        Some(link) => drop(link.focus()),
        None if !forward => crate::shortcuts::focus("#filter"),
        None => {}
    }
}

/// The picture of a conversation: the other person's face, or a sign of its kind.
pub fn conversation_face(id: ConversationId) -> AnyView {
    let live = use_live();
    let face = derived(move || {
        live.store.with(|store| {
            let head = store.head(id)?;
            let peer = head
                .peer
                .clone()
                .map(|peer| (peer.id, peer.name, peer.avatar_url));
            Some((peer, head.conversation.kind, head.conversation.private))
        })
    });
    dynamic(move || match face.get() {
        Some((Some((user_id, name, url)), ..)) => part! {
            <span class="face">{avatar(user_id.0, &name, url.as_deref())} {presence_dot(user_id)}</span>
        },
        Some((None, kind, private)) => {
            let picture = match (kind, private) {
                (model::ConversationKind::Channel, false) => Icon::Channel,
                (model::ConversationKind::Channel, true) => Icon::Lock,
                _ => Icon::Group,
            };
            part! { <span class="avatar avatar-kind" aria-hidden="true">{icon(picture)}</span> }
        }
        None => ().into_any(),
    })
}
