//! The dialog that forwards messages: what they are, where they go, a comment, and what has become of them.

use super::{
    place_box::place_box,
    state::{Forwarding, MAX_PLACES},
};
use crate::{
    messages::use_conversation_view,
    store::ConnectionStatus,
    ui::{field_value, note_in_words, submitted_form},
};
use leptos::{ev, prelude::*};

pub fn forward_dialog() -> AnyView {
    let forwarding = Forwarding::new(use_conversation_view());
    let content = move || {
        if forwarding.messages.with(Vec::is_empty) {
            view! { <p>"The message was deleted."</p> }.into_any()
        } else if forwarding.is_done() {
            outcome(forwarding)
        } else {
            form(forwarding)
        }
    };
    // The form stays while it is filled in.
    let is_done = Memo::new(move |_| forwarding.is_done());
    // Read, and not only tracked: a memo that nobody has read follows nothing.
    (move || {
        is_done.get();
        untrack(content)
    })
    .into_any()
}

/// The first message, and how many others there are.
fn said(forwarding: Forwarding) -> AnyView {
    let messages = forwarding.messages.get_untracked();
    let first = messages.first().map(|first| {
        let from = first
            .forwarded
            .as_ref()
            .map_or(&first.sender, |it| &it.from);
        view! {
            <span class="quote-name notranslate" dir="auto">{from.name.clone()}</span>
            <span class="quote-text notranslate" dir="auto">{first.line().to_owned()}</span>
        }
    });
    let more = match messages.len() {
        ..=1 => None,
        2 => Some("and 1 more message".to_owned()),
        count => Some(format!("and {} more messages", count - 1)),
    };
    let more = more.map(|more| view! { <span class="quote-text">{more}</span> });
    view! { <p class="quote">{first} {more}</p> }.into_any()
}

fn form(forwarding: Forwarding) -> AnyView {
    let status = forwarding.view.client.connection_status();
    let is_offline = move || status.get() != ConnectionStatus::Online;
    let offline = move || {
        is_offline().then(|| view! { <p class="note note-offline" role="status">"You are offline: nothing can be forwarded now."</p> })
    };
    let is_full = move || {
        let is_full = forwarding.picked.with(|picked| picked.len() >= MAX_PLACES);
        is_full.then(|| view! { <p class="muted" role="status">{format!("{MAX_PLACES} at once, no more.")}</p> })
    };
    let is_ready = move || {
        !is_offline()
            && !forwarding.is_busy.get()
            && forwarding.picked.with(|picked| !picked.is_empty())
    };
    let on_submit = move |event: ev::SubmitEvent| {
        let form = submitted_form(&event);
        forwarding.send(&field_value(&form, "comment").unwrap_or_default());
    };
    view! {
        <form class="forward" on:submit=on_submit>
            {offline}
            {note_in_words(forwarding.problem)}
            {partly_done(forwarding)}
            {said(forwarding)}
            {place_box(forwarding)}
            {is_full}
            <div class="field">
                <label for="field-comment">"Comment (optional)"</label>
                <textarea id="field-comment" name="comment" dir="auto" rows="2" maxlength="10000"></textarea>
            </div>
            <div class="form-end">
                <button type="button" class="button" on:click=move |_| forwarding.view.forwarding.set(None)>
                    "Cancel"
                </button>
                <button class="button button-primary" disabled=move || !is_ready()>
                    "Forward"
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// Where they are already, if another place has failed.
fn partly_done(forwarding: Forwarding) -> impl IntoView {
    move || {
        let titles: Vec<_> = forwarding
            .done
            .with(|done| done.iter().map(|(_, title)| title.clone()).collect());
        (!titles.is_empty()).then(|| {
            view! { <p role="status" class="notranslate">{format!("Forwarded to {}.", titles.join(", "))}</p> }
        })
    }
}

fn outcome(forwarding: Forwarding) -> AnyView {
    let count = forwarding.messages.with_untracked(Vec::len);
    let said = match count {
        1 => "The message was forwarded to:".to_owned(),
        count => format!("{count} messages were forwarded to:"),
    };
    let close = move || forwarding.view.forwarding.set(None);
    let places = forwarding.done.get_untracked().into_iter().map(|(id, title)| {
        view! {
            <li>
                <a class="menu-item notranslate" href=format!("/c/{id}") on:click=move |_| close()>
                    <bdi>{title}</bdi>
                </a>
            </li>
        }
    });
    view! {
        <p role="status">{said}</p>
        <ul class="sheet-items">{places.collect::<Vec<_>>()}</ul>
        <div class="form-end">
            <button type="button" class="button button-primary" autofocus on:click=move |_| close()>
                "Done"
            </button>
        </div>
    }
    .into_any()
}
