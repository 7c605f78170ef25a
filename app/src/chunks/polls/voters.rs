//! Who has voted in a poll that is not anonymous, and what: a dialog of the page.

use super::state::polls;
use crate::{
    client::{ChatClient, spawn},
    erased_signal::ErasedSignal,
    error::AppError,
    ui::{Dialog, avatar, is_some, keyed_list, loading_note, note_in_words, show_if},
};
use leptos::{mount::mount_to_body, prelude::*};
use model::{MessageId, Page, Poll, Problem, Voter};
use std::cell::Cell;

thread_local! {
    static IS_MOUNTED: Cell<bool> = const { Cell::new(false) };
}

/// Once, for as long as the page is there.
pub fn mount() {
    if IS_MOUNTED.replace(true) {
        return;
    }
    let showing = polls().showing;
    mount_to_body(move || {
        view! {
            <Dialog open=is_some(showing) title="Who voted">
                {voters(showing.get_untracked())}
            </Dialog>
        }
    });
}

type Read = ErasedSignal<Option<Page<Voter>>>;

fn voters(showing: Option<(ChatClient, MessageId, Poll)>) -> AnyView {
    let Some((client, id, poll)) = showing else {
        return ().into_any();
    };
    let read: Read = ErasedSignal::new(None);
    let problem = ErasedSignal::new(None::<Problem>);
    load(client, id, read, problem, None);
    let items =
        move || read.with(|read| read.as_ref().map_or_else(Vec::new, |it| it.items.clone()));
    let more = show_if(move || {
        let cursor = read.with(|read| read.as_ref()?.next_cursor.clone())?;
        let act = move |_| load(client, id, read, problem, Some(cursor.clone()));
        Some(
            view! { <button type="button" class="button button-wide" on:click=act>"Show more"</button> }
                .into_any(),
        )
    });
    let waiting = show_if(move || {
        let is_waiting = read.with(Option::is_none) && problem.with(Option::is_none);
        is_waiting.then(loading_note)
    });
    view! {
        {note_in_words(problem)}
        {waiting}
        <ul class="row-list">
            {keyed_list(items, |it| format!("{}-{:?}", it.user.id, it.options), move |it| person(it, &poll))}
        </ul>
        {more}
    }
    .into_any()
}

fn load(
    client: ChatClient,
    id: MessageId,
    read: Read,
    problem: ErasedSignal<Option<Problem>>,
    cursor: Option<String>,
) {
    spawn(async move {
        match client.voters(id, cursor).await {
            Ok(mut page) => read.update(|read| {
                if let Some(mut before) = read.take() {
                    // Who has changed the vote meanwhile comes again.
                    let is_new =
                        |old: &Voter| page.items.iter().all(|it| it.user.id != old.user.id);
                    before.items.retain(is_new);
                    page.items = [before.items, page.items].concat();
                }
                *read = Some(page);
            }),
            Err(AppError(error)) => problem.set(Some(error)),
        }
    });
}

fn person(voter: &Voter, poll: &Poll) -> AnyView {
    let user = &voter.user;
    let chosen = poll.texts(&voter.options).join(", ");
    view! {
        <li class="row-item">
            {avatar(user.id.0, &user.name, user.avatar_url.as_deref())}
            <div class="grow">
                <strong class="notranslate" dir="auto">{user.name.clone()}</strong>
                <p class="muted notranslate" dir="auto">{chosen}</p>
            </div>
        </li>
    }
    .into_any()
}
