//! The commands of the palette.

use super::jumps::Jumps;
use crate::{
    client::{ChatClient, spawn, submit},
    page_context::DialogState,
    session::SignOut,
    ui::Icon,
};
use leptos::{prelude::*, server_fn::ServerFn};
use wasm_bindgen::JsCast;

/// The form of the settings, which only the server renders.
const SET_THEME: &str = "/form/theme";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    NewConversation,
    SearchMessages,
    BrowseChannels,
    People,
    Later,
    MarkAllRead,
    /// A name of `settings/theme.rs`.
    Theme(&'static str),
    Shortcuts,
    Settings,
    SignOut,
}

/// Each with its name, its icon, and other words that people look for.
pub const COMMANDS: [(Command, &str, Icon, &str); 12] = [
    (
        Command::NewConversation,
        "New conversation",
        Icon::Plus,
        "create group channel start message",
    ),
    (
        Command::SearchMessages,
        "Search messages",
        Icon::Search,
        "find history",
    ),
    (
        Command::BrowseChannels,
        "Browse channels",
        Icon::Channel,
        "join public list",
    ),
    (
        Command::People,
        "People",
        Icon::Group,
        "directory users members list",
    ),
    (
        Command::Later,
        "Drafts & scheduled",
        Icon::Clock,
        "reminders later unsent messages",
    ),
    (
        Command::MarkAllRead,
        "Mark all as read",
        Icon::CheckTwice,
        "unread clear",
    ),
    (
        Command::Settings,
        "Settings",
        Icon::Settings,
        "preferences profile account password",
    ),
    (
        Command::Theme("light"),
        "Light theme",
        Icon::Settings,
        "appearance colours bright mode",
    ),
    (
        Command::Theme("dark"),
        "Dark theme",
        Icon::Settings,
        "appearance colours night mode",
    ),
    (
        Command::Theme("system"),
        "Theme of the system",
        Icon::Settings,
        "appearance colours automatic",
    ),
    (
        Command::Shortcuts,
        "Keyboard shortcuts",
        Icon::Keyboard,
        "keys help",
    ),
    (Command::SignOut, "Sign out", Icon::SignOut, "log out leave"),
];

impl Command {
    pub fn run(self, jumps: Jumps, dialogs: DialogState) {
        let finding = jumps.finding;
        finding.close_dialogs();
        match self {
            Self::NewConversation => dialogs.new_conversation.set(true),
            Self::SearchMessages => finding.open_search("", None),
            Self::BrowseChannels => finding.channels.set(true),
            Self::People => finding.people.set(true),
            Self::Later => jumps.router.navigate("/later"),
            Self::MarkAllRead => mark_all_read(jumps.client),
            Self::Theme(theme) => set_theme(theme),
            Self::Shortcuts => dialogs.shortcuts.set(true),
            // The settings are page data, which only the server reads.
            Self::Settings => drop(window().location().set_href("/settings")),
            Self::SignOut => submit_form(SignOut::url()),
        }
    }
}

/// Every conversation up to the position that this page knows.
fn mark_all_read(client: ChatClient) {
    let unread: Vec<_> = client.store.with_untracked(|store| {
        let all = store.summaries().into_iter();
        let unread = all.filter(|summary| summary.unread > 0);
        unread
            .map(|summary| (summary.conversation.id, summary.conversation.position))
            .collect()
    });
    for (id, position) in unread {
        client.mark_read(id, position);
    }
}

/// At once, and in the cookie.
fn set_theme(theme: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", theme);
    }
    let fields = format!("theme={theme}");
    spawn(async move { drop(submit(SET_THEME, fields).await) });
}

/// Submits the form of the page with this action, as its button does.
fn submit_form(action: &str) {
    let form = document()
        .query_selector(&format!("form[action='{action}']"))
        .ok()
        .flatten();
    if let Some(form) = form.and_then(|it| it.dyn_into::<web_sys::HtmlFormElement>().ok()) {
        let _ = form.request_submit();
    }
}
