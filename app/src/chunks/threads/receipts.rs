//! Who has read a message, and when; then who has received it only.

use crate::{
    client::spawn,
    erased_signal::ErasedSignal,
    error::AppError,
    messages::{ConversationView, use_conversation_view},
    ui::{LocalTime, TimeFormat, avatar, keyed_list, problem_note, show_if},
};
use leptos::prelude::*;
use model::{MessageReceipt, MessageReceipts, Problem};

type Read = ErasedSignal<Option<MessageReceipts>>;

pub fn receipts() -> AnyView {
    let view = use_conversation_view();
    let receipts: Read = ErasedSignal::new(None);
    let problem = ErasedSignal::new(None::<Problem>);
    let load = move |cursor| load(view, receipts, problem, cursor);
    load(None);
    let items = move || {
        receipts.with(|read| {
            read.as_ref()
                .map_or_else(Vec::new, |read| read.items.clone())
        })
    };
    let summary = show_if(move || {
        receipts.with(|read| {
            let read = read.as_ref()?;
            let text = format!(
                "Read by {} of {}, received by {}",
                read.read_count, read.member_count, read.delivered_count
            );
            Some(view! { <p class="muted">{text}</p> }.into_any())
        })
    });
    let more = show_if(move || {
        let cursor = receipts.with(|read| read.as_ref()?.next_cursor.clone())?;
        Some(
            view! {
                <button
                    type="button"
                    class="button button-wide"
                    on:click=move |_| load(Some(cursor.clone()))
                >
                    "Show more"
                </button>
            }
            .into_any(),
        )
    });
    let waiting = show_if(move || {
        let is_waiting = receipts.with(Option::is_none) && problem.with(Option::is_none);
        is_waiting.then(|| {
            view! {
                <p class="chunk-place" role="status">
                    <span class="spinner" aria-hidden="true"></span>
                    <span class="sr-only">"Loading…"</span>
                </p>
            }
            .into_any()
        })
    });
    view! {
        {problem_note(problem)}
        {summary}
        {waiting}
        <ul class="row-list">
            {keyed_list(items, |receipt| receipt.user.id.to_string(), person)}
        </ul>
        {more}
    }
    .into_any()
}

fn load(
    view: ConversationView,
    receipts: Read,
    problem: ErasedSignal<Option<Problem>>,
    cursor: Option<String>,
) {
    let Some(id) = view.receipts_of.get_untracked() else {
        return;
    };
    spawn(async move {
        match view.client.message_receipts(id, cursor).await {
            Ok(mut page) => receipts.update(|read| {
                if let Some(before) = read.take() {
                    page.items = [before.items, page.items].concat();
                }
                *read = Some(page);
            }),
            Err(AppError(error)) => problem.set(Some(error)),
        }
    });
}

fn person(receipt: &MessageReceipt) -> AnyView {
    let user = &receipt.user;
    let state = match (receipt.read, receipt.read_at) {
        (true, Some(at)) => view! { "Read " <LocalTime at format=TimeFormat::Full /> }.into_any(),
        (true, None) => "Read".into_any(),
        (false, _) => "Received".into_any(),
    };
    view! {
        <li class="row-item">
            {avatar(user.id.0, &user.name, user.avatar_url.as_deref())}
            <div class="grow">
                <strong class="notranslate" dir="auto">{user.name.clone()}</strong>
                <p class="muted one-line">{state}</p>
            </div>
        </li>
    }
    .into_any()
}
