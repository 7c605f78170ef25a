//! The menu of a conversation in the sidebar: beside its button, or as a sheet on screens for fingers.

use crate::{
    client::{ChatClient, spawn, use_client},
    erased_signal::effect,
    sidebar_sections::SidebarState,
    ui::{Icon, icon, move_in_menu, on, place_menu},
};
use leptos::{ev, prelude::*};
use model::{ConversationId, ConversationKind};
use wasm_bindgen::JsCast;

struct MenuItem {
    icon: Icon,
    label: &'static str,
    is_danger: bool,
    /// Called after the menu has closed.
    act: Box<dyn Fn()>,
}

fn item(icon: Icon, label: &'static str, act: impl Fn() + 'static) -> MenuItem {
    MenuItem {
        icon,
        label,
        is_danger: false,
        act: Box::new(act),
    }
}

/// Arrow keys move the focus, Escape and a press elsewhere close it, and so does scrolling.
pub fn conversation_menu(id: ConversationId) -> AnyView {
    let state = expect_context::<SidebarState>();
    effect(|| {
        request_animation_frame(|| {
            place_menu(".conversation-menu", ".row-more");
        });
    });
    close_on_press_elsewhere(state);
    let entries = entries(state, id, Some("menuitem"));
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" || event.key() == "Tab" {
            event.prevent_default();
            event.stop_propagation();
            state.close_menu();
        } else {
            move_in_menu(&event, ".conversation-menu");
        }
    };
    any_view! {
        <div
            class="menu-panel message-menu conversation-menu"
            role="menu"
            aria-label="Options of the conversation"
            on:keydown=on::key(on_key)
        >
            {entries}
        </div>
    }
}

/// The content of the sheet.
pub fn conversation_sheet() -> AnyView {
    let state = expect_context::<SidebarState>();
    let id = state.sheet_for.get_untracked();
    let entries = id.map(|id| entries(state, id, None));
    any_view! { <div class="sheet-items">{entries}</div> }
}

fn close_on_press_elsewhere(state: SidebarState) {
    let pressed = window_event_listener(ev::pointerdown, move |event| {
        let target: Option<web_sys::Element> = event.target().and_then(|it| it.dyn_into().ok());
        let is_inside = target.is_some_and(|target| {
            matches!(target.closest(".conversation-menu,.row-more"), Ok(Some(_)))
        });
        if !is_inside {
            state.menu_for.set(None);
        }
    });
    let turned = window_event_listener(ev::wheel, move |_| state.menu_for.set(None));
    on_cleanup(move || {
        pressed.remove();
        turned.remove();
    });
}

fn entries(state: SidebarState, id: ConversationId, role: Option<&'static str>) -> Vec<AnyView> {
    let entry = |item: MenuItem| {
        let class = if item.is_danger {
            "menu-item danger"
        } else {
            "menu-item"
        };
        any_view! {
            <button type="button" class=class role=role on:click=on::click(move |event| {
                event.stop_propagation();
                state.close_menu();
                (item.act)();
            })>
                {icon(item.icon)}
                {item.label}
            </button>
        }
    };
    items(state, id).into_iter().map(entry).collect()
}

fn items(state: SidebarState, id: ConversationId) -> Vec<MenuItem> {
    let client = use_client();
    let facts = client.store.with_untracked(|store| {
        let summary = store.summary(id)?;
        let is_favorite = store.favorites().contains(&id);
        Some((
            summary.conversation.kind,
            summary.role,
            summary.unread,
            is_favorite,
        ))
    });
    let Some((kind, role, unread, is_favorite)) = facts else {
        return Vec::new();
    };
    let mut items = Vec::new();
    if unread > 0 {
        items.push(item(Icon::CheckTwice, "Mark as read", move || {
            read_all(client, id);
        }));
    }
    let label = if is_favorite {
        "Remove from favorites"
    } else {
        "Add to favorites"
    };
    items.push(item(Icon::Star, label, move || {
        // On failure the list does not change; the connection banner reports a lost connection.
        spawn(async move { drop(client.set_favorite(id, !is_favorite).await) });
    }));
    if is_favorite {
        items.extend(move_items(client, id));
    }
    let is_muted = state.choices.with_untracked(|choices| choices.is_muted(id));
    let label = if is_muted { "Unmute" } else { "Mute" };
    items.push(item(Icon::Muted, label, move || {
        state.choices.set(client.toggle_muted(id));
    }));
    if kind == ConversationKind::Direct {
        items.push(item(
            Icon::Hide,
            "Hide until something new comes",
            move || {
                state.choices.set(client.hide_conversation(id));
            },
        ));
    } else if kind.is_group() && role.is_some() {
        items.push(MenuItem {
            is_danger: true,
            ..item(Icon::SignOut, "Leave", move || state.leaving.set(Some(id)))
        });
    }
    items
}

/// What moves a favorite up or down among those that are shown.
fn move_items(client: ChatClient, id: ConversationId) -> Vec<MenuItem> {
    let ids = client
        .store
        .with_untracked(|store| store.favorites().to_vec());
    let Some(at) = ids.iter().position(|it| *it == id) else {
        return Vec::new();
    };
    let to = |label, picture, place: usize| {
        let mut ids = ids.clone();
        ids.swap(at, place);
        item(picture, label, move || {
            let ids = ids.clone();
            // On failure the list does not change; the connection banner reports a lost connection.
            spawn(async move { drop(client.order_favorites(ids).await) });
        })
    };
    let mut items = Vec::new();
    if at > 0 {
        items.push(to("Move up", Icon::Up, at - 1));
    }
    if at + 1 < ids.len() {
        items.push(to("Move down", Icon::Down, at + 1));
    }
    items
}

fn read_all(client: ChatClient, id: ConversationId) {
    let position = client.store.with_untracked(|store| {
        let summary = store.summary(id);
        summary.map_or(0, |summary| summary.conversation.position)
    });
    client.mark_read(id, position);
}
