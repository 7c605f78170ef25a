//! The sidebar: the user's menu, what opens the palette, and the conversations in sections, the most recently
//! active first.

use super::{
    sidebar_section::{follow_scroll, section},
    sidebar_views::sidebar_views,
};
use crate::{
    chunks::{CONVERSATION, ConversationPart, START, StartPart},
    client::{on_storage_change, use_client},
    erased_signal::{ErasedSignal, effect},
    finding::palette_button,
    page_context::DialogState,
    presence::{PresenceChoices, presence_dot},
    session::SignOut,
    sidebar_sections::{FIRST_WINDOW, Section, SectionRows, SidebarState},
    store::Key,
    ui::{
        Dialog, Icon, Menu, avatar, close_menus, dynamic_text, dynamic_view, empty_state,
        escape_html, has_modifier, icon, is_some, keyed_list, on, show_if,
    },
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use model::{ConversationId, UserRole};
use wasm_bindgen::JsCast;

#[component]
pub fn Sidebar() -> impl IntoView {
    let client = use_client();
    let state = expect_context::<SidebarState>();
    let lost = ErasedSignal::new(Vec::new());
    // After hydration: only the browser knows what was written.
    effect(move || {
        let found = client.lost_conversations();
        if lost.with_untracked(|lost| *lost != found) {
            lost.set(found);
        }
    });
    effect(move || state.drafts.set(client.drafted()));
    effect(move || {
        state.choices.set(client.sidebar_choices());
        on_storage_change(move || {
            state.choices.set(client.sidebar_choices());
            state.drafts.set(client.drafted());
        });
    });
    // The height of rows, for the space of those that are not on the page.
    effect(move || {
        if let Ok(Some(list)) = document().query_selector(".conversations") {
            follow_scroll(&list, state);
        }
    });
    let sections: Vec<_> = Section::ALL.into_iter().map(section).collect();
    let nothing = move || {
        let is_empty = |sections: &[SectionRows; 5]| sections.iter().all(|it| it.ids.is_empty());
        state.sections.with(is_empty)
    };
    any_view! {
        <nav class="sidebar" aria-label="Conversations">
            {sidebar_header()}
            {palette_button()}
            {sidebar_views()}
            <div
                class="conversations"
                on:keydown=on::key(|event| move_focus(&event))
                on:scroll=on::input(move |event| follow_scroll(&event_target(&event), state))
                on:contextmenu=on::click(move |event| { on_context_menu(&event, state); })
                on:pointerleave=on::pointer(move |_| {
                    if state.menu_for.get_untracked().is_none() {
                        state.active.set(None);
                    }
                })
            >
                {sections}
                <ul>
                    {keyed_list(move || lost.get(), ConversationId::to_string, |id| lost_row(*id))}
                </ul>
                {rest_without_scripts(state)}
            </div>
            {show_if(move || nothing().then(no_conversations))}
        </nav>
        <Dialog open=is_some(state.sheet_for) title="Conversation">
            {START.view(StartPart::ConversationSheet)}
        </Dialog>
        <Dialog open=is_some(state.leaving) title="Leave this conversation?">
            {show_if(move || {
                let id = state.leaving.get()?;
                let open = ErasedSignal::new(true);
                effect(move || {
                    if !open.get() {
                        state.leaving.set(None);
                    }
                });
                Some(CONVERSATION.view(ConversationPart::Leave(id, open)))
            })}
        </Dialog>
    }
}

/// The button on the right of a mouse, a long press, or the key for it, on a row.
fn on_context_menu(event: &ev::MouseEvent, state: SidebarState) -> Option<()> {
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    let row = target.closest("[data-conversation]").ok()??;
    let id = row.get_attribute("data-conversation")?.parse().ok()?;
    event.prevent_default();
    state.active.set(Some(id));
    if state.menu_for.get_untracked() != Some(id) {
        state.toggle_menu(id);
    }
    Some(())
}

/// The rows beyond the window, which follow the scroll position only where scripts run.
fn rest_without_scripts(state: SidebarState) -> AnyView {
    let html = if cfg!(feature = "ssr") {
        let client = use_client();
        let order = state.order();
        let rest = order
            .into_iter()
            .skip(FIRST_WINDOW.saturating_sub(Section::ALL.len()));
        let link = |id: ConversationId| {
            let title = client
                .store
                .with_untracked(|store| store.title(id).map(escape_html));
            let title = title.unwrap_or_default();
            format!(r#"<p><a class="conversation" href="/c/{id}">{title}</a></p>"#)
        };
        rest.map(link).collect()
    } else {
        String::new()
    };
    any_view! { <noscript inner_html=html></noscript> }
}

fn sidebar_header() -> AnyView {
    let dialogs = expect_context::<DialogState>();
    any_view! {
        <header class="sidebar-header">
            {own_menu()}
            <p class="sidebar-title notranslate">"Parlance"</p>
            <a
                class="icon-button"
                href="/new"
                aria-label="New conversation"
                title="New conversation"
                on:click=on::click(move |event| {
                    event.prevent_default();
                    dialogs.new_conversation.set(true);
                })
            >
                {icon(Icon::Plus)}
            </a>
        </header>
    }
}

fn own_menu() -> AnyView {
    let client = use_client();
    let dialogs = expect_context::<DialogState>();
    let (id, username) = client.store.with_untracked(|store| {
        let me = &store.me.user;
        (me.id, me.username.clone())
    });
    let name = dynamic_text(move || {
        client
            .store
            .with(&[Key::Me], |store| store.me.user.name.clone())
    });
    let face = dynamic_view(move || {
        client.store.with(&[Key::Me], |store| {
            let me = &store.me.user;
            avatar(me.id.0, &me.name, me.avatar_url.as_deref())
        })
    });
    let announces = client
        .store
        .with_untracked(|store| store.me.user.role == UserRole::Admin)
        .then(|| {
            any_view! {
                <a
                    class="menu-item"
                    href=format!("/c/{}", ConversationId::ANNOUNCEMENTS)
                    on:click=on::click(|_| close_menus())
                >
                    {icon(Icon::Announcements)}
                    "Announcements"
                </a>
            }
        });
    let button = any_view! { <span class="face">{face} {presence_dot(id)}</span> };
    any_view! {
        <Menu label="You" class="face-button" button>
            <p class="menu-title notranslate">
                <strong dir="auto">{name}</strong>
                <span class="muted">"@" {username}</span>
            </p>
            <PresenceChoices />
            <hr />
            {announces}
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
            <form method="post" action=SignOut::url() on:submit=on::submit(move |_| client.clear_and_disconnect())>
                <button class="menu-item">
                    {icon(Icon::SignOut)}
                    "Sign out"
                </button>
            </form>
        </Menu>
    }
}

/// A conversation that the user has lost, and had written something for.
fn lost_row(id: ConversationId) -> AnyView {
    any_view! {
        <li>
            <a href=format!("/c/{id}") class="conversation">
                {icon(Icon::Warning)}
                <span class="conversation-text">
                    <span class="conversation-name">"Not sent"</span>
                    <span class="conversation-last">"You are not in this conversation any more."</span>
                </span>
            </a>
        </li>
    }
}

fn no_conversations() -> AnyView {
    let start =
        any_view! { <a class="button button-primary" href="/new">"Start a conversation"</a> };
    empty_state(
        Icon::Speech,
        "Nothing here yet",
        "Find a colleague, or open a channel for a topic.",
        start,
    )
}

/// The up and down keys move the focus between the conversations and the button of the palette.
fn move_focus(event: &ev::KeyboardEvent) {
    if has_modifier(event) {
        return;
    }
    let forward = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let (Ok(links), Some(focused_element)) = (
        document().query_selector_all(".conversations a"),
        document().active_element(),
    ) else {
        return;
    };
    let focused = (0..links.length()).find(|index| {
        links
            .item(*index)
            .is_some_and(|link| link.is_same_node(Some(&focused_element)))
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
    match target {
        Some(link) => drop(link.focus()),
        None if focused.is_some() && !forward => crate::ui::focus_first(".finder"),
        // The key is the text box's own, or would scroll.
        None => return,
    }
    event.prevent_default();
}
