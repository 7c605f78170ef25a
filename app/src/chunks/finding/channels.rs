//! The browser of public channels: those to join, and those that the user is in.

use super::{
    jumps::{Jumps, use_jumps},
    matching::Sought,
    name_box::name_box,
    paged::{Paged, Progress, move_in_list},
};
use crate::{
    client::spawn,
    erased_signal::{ErasedSignal, effect},
    error::AppError,
    store::Key,
    ui::{Icon, dynamic_attr, dynamic_view, keyed_list, kind_avatar, on, problem_note, show_if},
};
use leptos::prelude::*;
use model::{ConversationKind, ConversationSummary, Problem};

const LIST_ID: &str = "channel-list";

pub fn channel_list() -> AnyView {
    let jumps = use_jumps();
    let client = jumps.client;
    let text = ErasedSignal::new(String::new());
    let joined = ErasedSignal::new(false);
    let problem = ErasedSignal::new(None::<Problem>);
    let channels = Paged::new(move |cursor| {
        let query = text.with_untracked(|text| text.trim().to_owned());
        Box::pin(client.channels_to_join(query, cursor))
    });
    effect(move || channels.restart());
    let on_scroll = channels.grow_in(LIST_ID);
    let own = move || {
        let sought = text.with(|text| Sought::new(text));
        client.store.with(&[Key::Order, Key::Titles], |store| {
            let all = store.summaries().into_iter();
            let own = all.filter(|summary| {
                let about = &summary.conversation;
                let title = about.title.as_deref().unwrap_or_default();
                about.kind == ConversationKind::Channel && sought.find_in(title).is_some()
            });
            own.cloned().collect::<Vec<_>>()
        })
    };
    let rows = keyed_list(
        move || {
            if joined.get() {
                own()
            } else {
                channels.items.get()
            }
        },
        |summary| format!("{} {}", summary.conversation.id, summary.role.is_some()),
        move |summary| channel(jumps, summary, problem),
    );
    let nothing = show_if(move || {
        let is_empty = if joined.get() {
            own().is_empty()
        } else {
            channels.items.with(Vec::is_empty) && channels.progress.get() == Progress::End
        };
        is_empty.then(|| nothing(text.with(|text| text.trim().is_empty())))
    });
    let foot = dynamic_view(move || {
        if joined.get() {
            ().into_any()
        } else {
            channels.foot()
        }
    });
    let tab = move |label: &'static str, is_joined: bool| {
        let pressed = dynamic_attr(move || (joined.get() == is_joined).to_string());
        any_view! {
            <button type="button" class="choice-button" aria-pressed=pressed on:click=on::click(move |_| joined.set(is_joined))>
                {label}
            </button>
        }
    };
    any_view! {
        <div class="browser" on:keydown=on::key(|event| move_in_list(&event, ".browser-row", ".browser input"))>
            {name_box("Find channels by name", move |written| {
                text.set(written);
                channels.restart_after_typing();
            })}
            <div class="choice-buttons" role="group" aria-label="Which channels">
                {tab("To join", false)}
                {tab("Joined", true)}
            </div>
            {problem_note(problem)}
            <div id=LIST_ID class="browser-list" on:scroll=on_scroll>
                <ul aria-label="Channels">{rows}</ul>
                {nothing}
                {foot}
            </div>
        </div>
    }
}

fn nothing(is_all: bool) -> AnyView {
    let text = if is_all {
        "There are no channels here yet."
    } else {
        "No channel has that name."
    };
    any_view! { <p class="muted centred">{text}</p> }
}

/// Its name opens it: a channel that the user has not joined is shown before one joins.
fn channel(
    jumps: Jumps,
    summary: &ConversationSummary,
    problem: ErasedSignal<Option<Problem>>,
) -> AnyView {
    let about = &summary.conversation;
    let id = about.id;
    let title = about.title.clone().unwrap_or_default();
    let count = match about.member_count {
        1 => "1 member".to_owned(),
        count => format!("{count} members"),
    };
    let description = about.description.clone().filter(|it| !it.is_empty());
    let description = description.map(|it| any_view! { " · " <bdi>{it}</bdi> });
    let picture = if about.private {
        Icon::Lock
    } else {
        Icon::Channel
    };
    let join = summary.role.is_none().then(|| {
        let join = move |_| {
            spawn(async move {
                match jumps.client.join_channel(id).await {
                    Ok(()) => jumps.open_conversation(id),
                    Err(AppError(error)) => problem.set(Some(error)),
                }
            });
        };
        any_view! {
            <button type="button" class="button" aria-label=format!("Join {title}") on:click=on::click(join)>
                "Join"
            </button>
        }
    });
    any_view! {
        <li class="browser-item">
            <button type="button" class="browser-row" on:click=on::click(move |_| jumps.open_conversation(id))>
                {kind_avatar(picture, about.picture_url.as_deref())}
                <span class="grow">
                    <strong class="one-line notranslate" dir="auto">{title}</strong>
                    <span class="muted one-line">{count} {description}</span>
                </span>
            </button>
            {join}
        </li>
    }
}
