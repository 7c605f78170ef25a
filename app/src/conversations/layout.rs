//! The frame: the sidebar, and beside it whatever the address says.

use super::{FirstPaint, load_first_paint, new::NewDialog, sidebar::Sidebar};
use crate::{
    error::AppError,
    live::{provide_live, use_live},
    shortcuts::Shortcuts,
    store::{ChatStore, LinkState},
    ui::{error_panel, shown},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    components::Outlet,
    hooks::{use_location, use_navigate},
};
use model::{ConversationId, ErrorCode, Problem};

/// Dialogs that more than one place opens.
#[derive(Clone, Copy)]
pub struct Dialogs {
    pub new: RwSignal<bool>,
    pub shortcuts: RwSignal<bool>,
}

/// Why the conversation of the first paint is not there; taken by its page.
#[derive(Clone, Copy)]
pub struct FirstProblem(pub StoredValue<Option<(ConversationId, Problem)>>);

#[component]
pub fn ChatLayout() -> impl IntoView {
    let path = use_location().pathname;
    let open = conversation_in(&path.get_untracked());
    let paint = Resource::new_blocking(|| (), move |()| load_first_paint(open));
    let owner = Owner::current();
    let page = move || {
        let paint = paint.get()?;
        // Below the layout itself, so that the pages in its outlet see what it provides.
        let build = move || match paint {
            Ok(paint) => frame(paint, open),
            Err(AppError(problem)) => refused(&problem),
        };
        Some(match &owner {
            Some(owner) => owner.with(build),
            None => build(),
        })
    };
    view! { <Suspense fallback=|| view! { <p class="lone-page muted">"One moment…"</p> }>{page}</Suspense> }
        .into_any()
}

pub fn conversation_in(path: &str) -> Option<ConversationId> {
    path.strip_prefix("/c/")?.parse().ok()
}

fn frame(paint: FirstPaint, open: Option<ConversationId>) -> AnyView {
    let live = provide_live(paint.initial);
    provide_context(FirstProblem(StoredValue::new(open.zip(paint.problem))));
    let dialogs = Dialogs {
        new: RwSignal::new(false),
        shortcuts: RwSignal::new(false),
    };
    provide_context(dialogs);
    let path = use_location().pathname;
    let unread = Memo::new(move |_| live.store.with(ChatStore::unread_total));
    let title = move |text: String| match unread.get() {
        0 => text,
        unread => format!("({unread}) {text}"),
    };
    let class = Signal::derive(move || {
        if path.get() == "/" {
            "chat chat-list"
        } else {
            "chat chat-open"
        }
    });
    view! {
        <Title formatter=title text="Parlance" />
        <a class="skip-link" href="#main">
            "Skip to the conversation"
        </a>
        <header class="sr-only">
            <h1>"Parlance"</h1>
        </header>
        // All of it: on a phone there may be nothing but the sidebar.
        <main class=class>
            <ConnectionBanner />
            <Sidebar />
            <div id="main" class="main" tabindex="-1">
                <Outlet />
            </div>
        </main>
        <NewDialog open=dialogs.new />
        <Shortcuts open=dialogs.shortcuts />
    }
    .into_any()
}

/// Nothing could be loaded: most likely because nobody is signed in.
fn refused(problem: &Problem) -> AnyView {
    if problem.code == ErrorCode::Unauthenticated {
        leave_for_sign_in();
    }
    view! { <main class="lone-page">{error_panel(problem)}</main> }.into_any()
}

fn leave_for_sign_in() {
    let path = use_location().pathname.get_untracked();
    let to = format!(
        "/sign-in?next={}",
        leptos_router::location::Url::escape(&path)
    );
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(&to);
    let navigate = use_navigate();
    Effect::new(move |_| navigate(&to, leptos_router::NavigateOptions::default()));
}

/// Says that the connection is gone, and that it came back.
#[component]
fn ConnectionBanner() -> impl IntoView {
    let live = use_live();
    let link = live.link();
    let was_online = StoredValue::new(false);
    let text = Signal::derive(move || match link.get() {
        LinkState::Online => {
            was_online.set_value(true);
            None
        }
        LinkState::Connecting => was_online.get_value().then_some("Reconnecting…"),
        LinkState::Offline => Some("You are offline. What you write is kept and sent later."),
        LinkState::SignedOut => Some("You were signed out."),
    });
    view! {
        <div class="banner" role="status" class:banner-shown=Signal::derive(move || text.get().is_some())>
            {text}
            {shown(move || {
                (link.get() == LinkState::SignedOut)
                    .then(|| view! { <a href="/sign-in" rel="external">"Sign in again"</a> }.into_any())
            })}
        </div>
    }
    .into_any()
}
