//! What stands beside the sidebar: a conversation, or an invitation to open one.

use super::{
    details::DetailsDialogs,
    header::Header,
    layout::{First, set_title},
    members::MembersPanel,
};
use crate::{
    error::AppError,
    live::{spawn, use_live},
    messages::{Composer, MessageDialogs, OpenMessages, Timeline},
    signals::{Var, derived, effect},
    ui::{Icon, dynamic, empty_state, error_panel, shown},
};
use leptos::prelude::*;
use model::{ConversationId, ErrorCode, Problem};

pub fn inbox() -> AnyView {
    set_title(String::new);
    empty_state(
        Icon::Speech,
        "Pick a conversation",
        "Choose one from the list, or start a new one. Press ? for keyboard shortcuts.",
        part! { <a class="button" href="/new">"New conversation"</a> },
    )
}

/// The panels and dialogs of the conversation that is open.
#[derive(Clone, Copy)]
pub struct Panels {
    pub members: Var<bool>,
    pub details: Var<bool>,
    pub leave: Var<bool>,
    pub delete: Var<bool>,
}

pub fn conversation(id: ConversationId) -> AnyView {
    let live = use_live();
    let first = expect_context::<First>().missing;
    let problem = first.get_untracked().filter(|(of, _)| *of == id);
    let problem = Var::new(problem.map(|(_, problem)| problem));
    first.set(None);
    effect(move || {
        if problem.get_untracked().is_some() {
            return;
        }
        spawn(async move {
            if let Err(AppError(why)) = live.open(id).await {
                // A connection that is gone is told by the banner, and what is known stays.
                let known = live
                    .store
                    .with_untracked(|store| store.timeline(id).is_some());
                if !known || why.code == ErrorCode::NotFound {
                    problem.set(Some(why));
                }
            }
        });
    });
    let was_there = Var::new(false);
    let state = derived(move || {
        let there = live
            .store
            .with(|store| store.head(id).is_some() && store.timeline(id).is_some());
        if there {
            was_there.set(true);
            State::Open
        } else if let Some(problem) = problem.get() {
            State::Refused(problem)
        } else if was_there.get_untracked() {
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
        members: Var::new(false),
        details: Var::new(false),
        leave: Var::new(false),
        delete: Var::new(false),
    };
    provide_context(panels);
    set_title(move || {
        live.store
            .with(|store| store.title(id).unwrap_or_default().to_owned())
    });
    part! {
        <section class="pane" aria-labelledby="conversation-title">
            <Header id />
            <Timeline id />
            <Composer id />
        </section>
        {shown(move || panels.members.get().then(|| part! { <MembersPanel id /> }))}
        <MessageDialogs />
        <DetailsDialogs id />
    }
}

fn loading() -> AnyView {
    part! {
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
}

fn removed() -> AnyView {
    set_title(|| "No longer a member".to_owned());
    part! {
        <div role="alert" class="grow-pane">
            {empty_state(
                Icon::Lock,
                "You are no longer in this conversation",
                "You were removed from it, or it was deleted. Its messages can't be read any more.",
                part! { <a class="button" href="/">"Back to your conversations"</a> },
            )}
        </div>
    }
}

fn gone() -> AnyView {
    set_title(|| "Not found".to_owned());
    empty_state(
        Icon::Search,
        "This conversation can't be found",
        "It does not exist, or you are not a member of it.",
        part! { <a class="button" href="/">"Back to your conversations"</a> },
    )
}
