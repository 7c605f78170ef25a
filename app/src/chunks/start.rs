//! The chunk of the sidebar: it starts conversations, has the menu of each, and lists the keyboard shortcuts.

mod conversation_menu;
mod favorite_drag;
mod new_form;
mod open_channels;
mod row_touch;
mod shortcut_list;

use crate::{
    client::ChatClient,
    erased_signal::ErasedSignal,
    settings::{SettingsParts, settings_page},
    sidebar_sections::SidebarState,
    ui::{adopt_style, chunk},
};
use leptos::prelude::{AnyView, GetValue, IntoAny, StoredValue};
use model::ConversationId;

/// What this chunk shows.
#[derive(Clone, Copy)]
pub enum StartPart {
    /// In the dialog that this signal closes.
    NewConversation(ErasedSignal<bool>),
    NewConversationPage,
    Shortcuts,
    /// The menu of a conversation in the sidebar, beside its button.
    ConversationMenu(ConversationId),
    /// The same in a dialog.
    ConversationSheet,
    /// The menu of the open conversation, beside the button in its header, which this signal closes.
    HeaderMenu(ConversationId, ErasedSignal<bool>),
    /// The dragging of favorites and long presses in the sidebar: it listens, and shows nothing.
    #[cfg_attr(
        not(feature = "hydrate"),
        allow(dead_code, reason = "browsers fetch ahead")
    )]
    SidebarGestures(ChatClient, SidebarState),
    SettingsPage(StoredValue<SettingsParts>),
}

chunk!(START: StartPart = start, show);

fn show(part: StartPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/start.css"));
    match part {
        StartPart::NewConversation(open) => new_form::new_form(open, None),
        StartPart::NewConversationPage => new_form::new_conversation_page(),
        StartPart::Shortcuts => shortcut_list::shortcut_list(),
        StartPart::ConversationMenu(id) => conversation_menu::conversation_menu(id),
        StartPart::ConversationSheet => conversation_menu::conversation_sheet(),
        StartPart::HeaderMenu(id, open) => conversation_menu::header_menu(id, open),
        StartPart::SidebarGestures(client, state) => {
            favorite_drag::listen_to_favorites(client);
            row_touch::listen_to_rows(state);
            ().into_any()
        }
        StartPart::SettingsPage(parts) => settings_page(parts.get_value()),
    }
}
