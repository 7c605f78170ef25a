//! The frame: the sidebar, and beside it whatever the address says.

use super::{
    new::{NewDialog, new_page},
    page::{conversation, inbox},
    sidebar::Sidebar,
};
use crate::{
    address::{Place, provide_address},
    live::{provide_live, use_live},
    paint::Paint,
    settings::settings_page,
    shortcuts::Shortcuts,
    signals::{Var, derived, effect},
    store::{ChatStore, LinkState},
    ui::{attr, dynamic, provide_zone, shown, text},
};
use leptos::prelude::*;
use model::{ConversationId, Problem};

/// Dialogs that more than one place opens.
#[derive(Clone, Copy)]
pub struct Dialogs {
    pub new: Var<bool>,
    pub shortcuts: Var<bool>,
}

/// What the first paint knows beside the store, for the page that it shows.
#[derive(Clone)]
pub struct First {
    /// The conversation that is not there, and why.
    pub missing: Var<Option<(ConversationId, Problem)>>,
    /// What the form of the page was refused for.
    pub refused: Option<Problem>,
}

/// All that the reader sees and does.
pub fn chat(place: Place, paint: Paint) -> AnyView {
    provide_zone();
    let address = provide_address(place);
    provide_live(paint.initial);
    let open = match place {
        Place::Conversation(id) => Some(id),
        _ => None,
    };
    provide_context(First {
        missing: Var::new(open.zip(paint.missing)),
        refused: paint.refused,
    });
    let dialogs = Dialogs {
        new: Var::new(false),
        shortcuts: Var::new(false),
    };
    provide_context(dialogs);
    let settings = paint.settings;
    let beside = dynamic(move || match address.place() {
        Place::Inbox => inbox(),
        Place::Conversation(id) => conversation(id),
        Place::New => new_page(),
        Place::Settings => settings
            .clone()
            .map_or_else(|| ().into_any(), settings_page),
    });
    let class = attr(move || match address.place() {
        Place::Inbox => "chat chat-list",
        _ => "chat chat-open",
    });
    part! {
        <a class="skip-link" href="#main">
            "Skip to the conversation"
        </a>
        <header class="sr-only">
            <h1>"Parlance"</h1>
        </header>
        // All of it: on a phone there may be nothing but the sidebar.
        <main class=class>
            {connection_banner()}
            <Sidebar />
            <div id="main" class="main" tabindex="-1">
                {beside}
            </div>
        </main>
        <NewDialog open=dialogs.new />
        <Shortcuts open=dialogs.shortcuts />
    }
}

/// The title of a page of ours: what it shows, and before it how much is unread.
pub fn set_title(name: impl Fn() -> String + 'static) {
    let live = use_live();
    effect(move || document().set_title(&title(live.store.with(ChatStore::unread_total), &name())));
}

fn title(unread: i64, name: &str) -> String {
    let page = if name.is_empty() {
        "Parlance".to_owned()
    } else {
        format!("{name} · Parlance")
    };
    match unread {
        0 => page,
        unread => format!("({unread}) {page}"),
    }
}

/// The same before any script runs.
#[cfg(feature = "ssr")]
pub fn first_title(place: Place, paint: &Paint) -> String {
    let store = ChatStore::new(paint.initial.clone());
    let name = match place {
        Place::Inbox => "",
        Place::Conversation(id) => store
            .title(id)
            .filter(|_| paint.missing.is_none())
            .unwrap_or("Not found"),
        Place::New => "New conversation",
        Place::Settings => "Settings",
    };
    title(store.unread_total(), name)
}

/// Says that the connection is gone, and that it came back.
fn connection_banner() -> AnyView {
    let live = use_live();
    let link = live.link();
    let was_online = Var::new(false);
    let words = derived(move || match link.get() {
        LinkState::Online => {
            was_online.set(true);
            ""
        }
        LinkState::Connecting if was_online.get_untracked() => "Reconnecting…",
        LinkState::Connecting => "",
        LinkState::Offline => "You are offline. What you write is kept and sent later.",
        LinkState::SignedOut => "You were signed out.",
    });
    part! {
        <div
            class=attr(move || if words.get().is_empty() { "banner" } else { "banner banner-shown" })
            role="status"
        >
            {text(move || words.get().to_owned())}
            {shown(move || {
                (link.get() == LinkState::SignedOut)
                    .then(|| part! { <a href="/sign-in">"Sign in again"</a> })
            })}
        </div>
    }
}
