//! What stands beside the sidebar: a conversation, or an invitation to open one.

use super::{details::DetailsDialogs, header::Header, layout::FirstProblem, members::MembersPanel};
use crate::{
    error::AppError,
    live::use_live,
    messages::{Composer, MessageDialogs, OpenMessages, Timeline},
    ui::{Icon, dynamic, empty_state, error_panel, shown},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use model::{ConversationId, ErrorCode, Problem};

#[component]
pub fn InboxPage() -> impl IntoView {
    view! {
        <Title text="Parlance" />
        {empty_state(
            Icon::Speech,
            "Pick a conversation",
            "Choose one from the list, or start a new one. Press ? for keyboard shortcuts.",
            view! { <a class="button" href="/new">"New conversation"</a> }.into_any(),
        )}
    }
    .into_any()
}

/// The panels and dialogs of the conversation that is open.
#[derive(Clone, Copy)]
pub struct Panels {
    pub members: RwSignal<bool>,
    pub details: RwSignal<bool>,
    pub leave: RwSignal<bool>,
    pub delete: RwSignal<bool>,
}

#[component]
pub fn ConversationPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse().ok()));
    dynamic(move || match id.get() {
        Some(id) => conversation(ConversationId(id)),
        None => gone(),
    })
}

fn conversation(id: ConversationId) -> AnyView {
    let live = use_live();
    let first = expect_context::<FirstProblem>().0;
    let problem = RwSignal::new(
        first
            .get_value()
            .filter(|(of, _)| *of == id)
            .map(|(_, problem)| problem),
    );
    first.set_value(None);
    Effect::new(move |_| {
        if problem.get_untracked().is_some() {
            return;
        }
        spawn_local(async move {
            if let Err(AppError(why)) = live.open(id).await {
                // A connection that is gone is told by the banner, and what is known stays.
                let known = live
                    .store
                    .with_untracked(|store| store.timeline(id).is_some());
                if !known || why.code == ErrorCode::NotFound {
                    let _ = problem.try_set(Some(why));
                }
            }
        });
    });
    let was_there = StoredValue::new(false);
    let state = Memo::new(move |_| {
        let there = live
            .store
            .with(|store| store.head(id).is_some() && store.timeline(id).is_some());
        if there {
            was_there.set_value(true);
            State::Open
        } else if let Some(problem) = problem.get() {
            State::Refused(problem)
        } else if was_there.get_value() {
            State::Removed
        } else {
            State::Loading
        }
    });
    dynamic(move || match state.get() {
        State::Open => open_conversation(id),
        State::Removed => removed(),
        State::Refused(problem) if problem.code == ErrorCode::NotFound => gone(),
        State::Refused(problem) => error_panel(&problem),
        State::Loading => loading(),
    })
}

#[derive(Clone, PartialEq)]
enum State {
    Loading,
    Open,
    Removed,
    Refused(Problem),
}

fn open_conversation(id: ConversationId) -> AnyView {
    let live = use_live();
    provide_context(OpenMessages::new(live, id));
    let panels = Panels {
        members: RwSignal::new(false),
        details: RwSignal::new(false),
        leave: RwSignal::new(false),
        delete: RwSignal::new(false),
    };
    provide_context(panels);
    let title = move || {
        live.store
            .with(|store| format!("{} · Parlance", store.title(id).unwrap_or_default()))
    };
    view! {
        <Title text=title />
        <section class="pane" aria-labelledby="conversation-title">
            <Header id />
            <Timeline id />
            <Composer id />
        </section>
        {shown(move || panels.members.get().then(|| view! { <MembersPanel id /> }.into_any()))}
        <MessageDialogs />
        <DetailsDialogs id />
    }
    .into_any()
}

fn loading() -> AnyView {
    view! {
        <section class="pane" aria-busy="true">
            <p class="sr-only" role="status">
                "Loading the conversation…"
            </p>
            <div class="skeleton" aria-hidden="true">
                <span></span>
                <span></span>
                <span></span>
            </div>
        </section>
    }
    .into_any()
}

fn removed() -> AnyView {
    view! {
        <Title text="No longer a member · Parlance" />
        <div role="alert" class="grow-pane">
            {empty_state(
                Icon::Lock,
                "You are no longer in this conversation",
                "You were removed from it, or it was deleted. Its messages can't be read any more.",
                view! { <a class="button" href="/">"Back to your conversations"</a> }.into_any(),
            )}
        </div>
    }
    .into_any()
}

fn gone() -> AnyView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found · Parlance" />
        {empty_state(
            Icon::Search,
            "This conversation can't be found",
            "It does not exist, or you are not a member of it.",
            view! { <a class="button" href="/">"Back to your conversations"</a> }.into_any(),
        )}
    }
    .into_any()
}
