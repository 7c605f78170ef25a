//! The menu of a conversation: in the sidebar beside its button, or as a sheet on screens for fingers; and in its
//! header, with entries for those who may change it.

use crate::{
    chunks::later::mutes,
    client::{ChatClient, spawn, use_client},
    conversations::PanelState,
    erased_signal::ErasedSignal,
    finding::use_finding,
    sidebar_sections::SidebarState,
    ui::{Close, Icon, MenuItem, PopupPlace, focus_first, menu_entries, popup_menu},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, MemberRole};
use std::sync::Arc;

const LABEL: &str = "Options of the conversation";

pub fn conversation_menu(id: ConversationId) -> AnyView {
    let state = expect_context::<SidebarState>();
    let place = PopupPlace {
        label: LABEL,
        class: "menu-panel message-menu conversation-menu",
        menu: ".conversation-menu",
        button: ".row-more",
    };
    popup_menu(place, items(state, id), &close(state), move || {
        state.menu_for.set(None);
    })
}

/// The menu of the open conversation. It closes as its button opens it.
pub fn header_menu(id: ConversationId, open: ErasedSignal<bool>) -> AnyView {
    let place = PopupPlace {
        label: LABEL,
        class: "menu-panel message-menu header-menu",
        menu: ".header-menu",
        button: ".header-more",
    };
    let mut items = items(expect_context::<SidebarState>(), id);
    // What is deleted is deleted for everybody: it stands last.
    items.extend(own_items(expect_context::<PanelState>(), id));
    let close: Close = Arc::new(move || {
        open.set(false);
        focus_first(place.button);
    });
    popup_menu(place, items, &close, move || open.set(false))
}

/// What those who run a conversation do with it.
fn own_items(panels: PanelState, id: ConversationId) -> Vec<MenuItem> {
    let facts = use_client().store.with_untracked(|store| {
        let summary = store.summary(id)?;
        Some((summary.conversation.kind, summary.role))
    });
    let Some((kind, role)) = facts else {
        return Vec::new();
    };
    let is_direct = kind == ConversationKind::Direct;
    let is_admin = role >= Some(MemberRole::Admin);
    let mut items = Vec::new();
    // Groups and channels have it beside their members.
    if is_direct || (is_admin && kind == ConversationKind::Announcements) {
        items.push(MenuItem::new(Icon::Link, "Link previews", move || {
            panels.previews.set(true);
        }));
    }
    // A direct conversation belongs to both, whoever has begun it.
    if is_admin && !is_direct {
        items.push(MenuItem::new(
            Icon::Edit,
            "Name and description",
            move || panels.details.set(true),
        ));
    }
    if is_admin && kind.is_group() {
        items.push(MenuItem::new(Icon::Link, "Webhooks", move || {
            let _ = window().location().set_href(&format!("/webhooks/{id}"));
        }));
    }
    if kind.is_group() && role == Some(MemberRole::Owner) {
        items.push(MenuItem::new(Icon::Delete, "Delete", move || panels.delete.set(true)).danger());
    }
    items
}

/// The content of the sheet.
pub fn conversation_sheet() -> AnyView {
    let state = expect_context::<SidebarState>();
    let id = state.sheet_for.get_untracked();
    let entries = id.map(|id| menu_entries(items(state, id), None, &close(state)));
    any_view! { <div class="sheet-items">{entries}</div> }
}

fn close(state: SidebarState) -> Close {
    Arc::new(move || state.close_menu())
}

fn items(state: SidebarState, id: ConversationId) -> Vec<MenuItem> {
    let (client, finding) = (use_client(), use_finding());
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
        items.push(MenuItem::new(Icon::CheckTwice, "Mark as read", move || {
            read_all(client, id);
        }));
    }
    let label = if is_favorite {
        "Remove from favorites"
    } else {
        "Add to favorites"
    };
    items.push(MenuItem::new(Icon::Star, label, move || {
        // On failure the list does not change; the connection banner reports a lost connection.
        spawn(async move { drop(client.set_favorite(id, !is_favorite).await) });
    }));
    if is_favorite {
        items.extend(move_items(client, id));
    }
    items.push(MenuItem::new(Icon::File, "Files", move || {
        finding.open_search("has:file ", Some(id));
    }));
    let is_muted = client.is_muted(id);
    let label = if is_muted { "Unmute" } else { "Mute" };
    items.push(MenuItem::new(Icon::Muted, label, move || {
        mutes::toggle(client, id, !is_muted);
    }));
    if kind == ConversationKind::Direct {
        items.push(MenuItem::new(
            Icon::Hide,
            "Hide until something new comes",
            move || {
                state.choices.set(client.hide_conversation(id));
            },
        ));
    } else if kind.is_group() && role.is_some() {
        items.push(
            MenuItem::new(Icon::SignOut, "Leave", move || state.leaving.set(Some(id))).danger(),
        );
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
        MenuItem::new(picture, label, move || {
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
