//! The main pane: the open conversation, why there is none, or an invitation to open one.

use super::{
    detail_dialogs::DetailDialogs,
    header::Header,
    kept_words::{kept_words, refused_words},
    member_panel::member_panel,
    panels::PanelState,
    thread_panel::{keep_one_open, pin_panel, thread_panel},
};
use crate::{
    client::{spawn, use_client},
    erased_signal::{ErasedSignal, effect, memo},
    error::AppError,
    messages::{Composer, ConversationView, MessageDialogs, Timeline},
    page_context::PageContext,
    router::{Route, use_router},
    store::{ConnectionStatus, Key},
    title::set_title,
    ui::{Icon, dynamic_view, empty_state, error_panel, show_if},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, ErrorCode, Problem};

pub fn inbox() -> AnyView {
    set_title(String::new);
    empty_state(
        Icon::Speech,
        "Pick a conversation",
        "Choose one from the list, or start a new one. Press ? for keyboard shortcuts.",
        any_view! { <a class="button" href="/new">"New conversation"</a> },
    )
}

pub fn conversation_page(id: ConversationId) -> AnyView {
    let client = use_client();
    let router = use_router();
    let open_error = expect_context::<PageContext>().open_error;
    let problem = open_error.get_untracked().filter(|(of, _)| *of == id);
    let problem = ErasedSignal::new(problem.map(|(_, problem)| problem));
    open_error.set(None);
    let connection = client.connection_status();
    let is_asked = ErasedSignal::new(problem.get_untracked().is_some());
    effect(move || {
        let is_online = connection.get() == ConnectionStatus::Online;
        let is_unreachable = problem.with_untracked(|problem| {
            problem
                .as_ref()
                .is_some_and(|it| it.code == ErrorCode::Unavailable)
        });
        // Where the server could not be reached, each new connection asks again.
        if is_asked.get_untracked() && !(is_online && is_unreachable) {
            return;
        }
        is_asked.set(true);
        problem.set(None);
        let message = untrack(|| router.message());
        spawn(async move {
            if let Err(AppError(error)) = client.open_conversation(id, message).await {
                // While the connection is down, the banner says so and a timeline that is loaded stays.
                let is_loaded = client
                    .store
                    .with_untracked(|store| store.timeline(id).is_some());
                if !is_loaded || error.code == ErrorCode::NotFound {
                    problem.set(Some(error));
                }
            }
        });
    });
    // Whether the user was a member while it was open.
    let was_member = ErasedSignal::new(None);
    let state = memo(move || {
        let is_member = client.store.with(&[Key::Head(id), Key::Rows(id)], |store| {
            store.timeline(id)?;
            Some(store.summary(id)?.role.is_some())
        });
        if is_member.is_some() {
            was_member.set(is_member);
            PageState::Open
        } else if let Some(problem) = problem.get() {
            PageState::Failed(problem)
        } else if let Some(was_member) = was_member.get_untracked() {
            PageState::Gone { was_member }
        } else {
            PageState::Loading
        }
    });
    dynamic_view(move || match state.get() {
        PageState::Open => open_conversation(id, problem),
        PageState::Gone { was_member } => gone(id, was_member),
        PageState::Failed(problem) if problem.code == ErrorCode::NotFound => not_found(id),
        PageState::Failed(problem) => error_panel(&problem),
        PageState::Loading => loading(),
    })
}

#[derive(Clone, PartialEq)]
enum PageState {
    Loading,
    Open,
    Gone { was_member: bool },
    Failed(Problem),
}

/// `problem`: why what the address names in the conversation is not shown.
fn open_conversation(id: ConversationId, problem: ErasedSignal<Option<Problem>>) -> AnyView {
    let client = use_client();
    let router = use_router();
    let view = ConversationView::new(client, id, untrack(|| router.message()));
    provide_context(view);
    view.problem.set(problem.get_untracked());
    effect(move || match router.route() {
        // Its absence is known.
        Route::Message(of, _) if of == id && problem.get_untracked().is_some() => problem.set(None),
        Route::Message(of, message) if of == id => view.show_message(message),
        Route::Thread(of, root) if of == id => view.open_thread.set(Some(root)),
        _ => {}
    });
    let panels = PanelState::new();
    provide_context(panels);
    keep_one_open(view, panels);
    set_title(move || {
        client.store.with(&[Key::Head(id)], |store| {
            store.title(id).unwrap_or_default().to_owned()
        })
    });
    // Of which layout the messages are, where that is left to the page.
    let is_direct = client.store.with_untracked(|store| {
        let summary = store.summary(id);
        summary.is_some_and(|it| it.conversation.kind == ConversationKind::Direct)
    });
    let class = if is_direct { "pane" } else { "pane talk-group" };
    // Without scripts no dialog opens.
    let words = problem
        .get_untracked()
        .map_or_else(String::new, |it| it.detail);
    any_view! {
        <section class=class aria-labelledby="conversation-title">
            <Header id />
            <noscript inner_html=words></noscript>
            <Timeline id />
            <Composer id />
        </section>
        {show_if(move || panels.members.get().then(|| member_panel(id)))}
        {show_if(move || panels.pins.get().then(|| pin_panel(id)))}
        {show_if(move || view.open_thread.get().map(thread_panel))}
        <MessageDialogs />
        <DetailDialogs id />
    }
}

fn loading() -> AnyView {
    any_view! {
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

/// What was open, and is there no more: for a member, or for somebody who had not joined the channel.
fn gone(id: ConversationId, was_member: bool) -> AnyView {
    let (title, heading, reason) = if was_member {
        (
            "No longer a member",
            "You are no longer in this conversation",
            "You were removed from it, or it was deleted. Its messages can't be read any more.",
        )
    } else {
        (
            "No longer open",
            "This channel is no longer open",
            "It was deleted, or is for its members only now. Its messages can't be read any more.",
        )
    };
    set_title(move || title.to_owned());
    any_view! {
        <div role="alert" class="grow-pane">
            {empty_state(Icon::Lock, heading, reason, lost_actions(id))}
        </div>
    }
}

fn not_found(id: ConversationId) -> AnyView {
    set_title(|| "Not found".to_owned());
    empty_state(
        Icon::Search,
        "This conversation can't be found",
        "It does not exist, or you are not a member of it.",
        lost_actions(id),
    )
}

/// What is left of a conversation: the user's own words.
fn lost_actions(id: ConversationId) -> AnyView {
    any_view! {
        {kept_words(id)}
        <noscript inner_html=refused_words()></noscript>
        <a class="button" href="/">"Back to your conversations"</a>
    }
}
