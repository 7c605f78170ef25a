//! Presence: the dot on an avatar, the text beside a name, and the menu of the user's own presence.

use crate::{
    client::use_client,
    erased_signal::memo,
    store::Key,
    ui::{LocalTime, TimeFormat, dynamic_attr, dynamic_text, dynamic_view, on, text_span},
};
use leptos::prelude::*;
use model::{PresenceChoice, PresenceStatus, UserId};

const CHOICES: [(PresenceChoice, &str, &str); 3] = [
    (PresenceChoice::Online, "Online", "dot dot-online"),
    (PresenceChoice::Away, "Away", "dot dot-away"),
    (PresenceChoice::Invisible, "Invisible", "dot dot-offline"),
];

const fn label(status: PresenceStatus) -> &'static str {
    match status {
        PresenceStatus::Online => "Online",
        PresenceStatus::Away => "Away",
        PresenceStatus::Offline => "Offline",
    }
}

/// The dot on the avatar of a user, with its label for screen readers.
pub fn presence_dot(user_id: UserId) -> AnyView {
    let client = use_client();
    let status = memo(move || {
        client
            .store
            .with(&[Key::Presence(user_id)], |store| store.presence(user_id))
    });
    let class = dynamic_attr(move || match status.get() {
        PresenceStatus::Online => "dot dot-online",
        PresenceStatus::Away => "dot dot-away",
        PresenceStatus::Offline => "dot dot-offline",
    });
    any_view! {
        <span class=class>
            <span class="sr-only">{dynamic_text(move || label(status.get()).to_owned())}</span>
        </span>
    }
}

/// The presence as text; of a user who is offline, when they were last seen.
pub fn presence_text(user_id: UserId) -> AnyView {
    let client = use_client();
    let now = memo(move || {
        client.store.with(&[Key::Presence(user_id)], |store| {
            (store.presence(user_id), store.last_seen_at(user_id))
        })
    });
    dynamic_view(move || match now.get() {
        (PresenceStatus::Offline, Some(at)) => {
            any_view! { "Last seen " <LocalTime at format=TimeFormat::Short /> }
        }
        (status, _) => text_span(label(status)),
    })
}

/// The buttons that set the user's own presence.
#[component]
pub fn PresenceChoices() -> impl IntoView {
    let client = use_client();
    let chosen = memo(move || {
        client
            .store
            .with(&[Key::Me], |store| store.me.presence_choice)
    });
    let buttons: Vec<_> = CHOICES
        .into_iter()
        .map(|(choice, label, dot)| {
            any_view! {
                <button
                    type="button"
                    class="menu-item"
                    aria-pressed=dynamic_attr(move || (chosen.get() == choice).to_string())
                    on:click=on::click(move |_| {
                        client.set_presence(choice);
                        crate::ui::close_menus();
                    })
                >
                    <span class=dot aria-hidden="true"></span>
                    {label}
                </button>
            }
        })
        .collect();
    any_view! {
        <div role="group" aria-label="Presence">
            {buttons}
        </div>
    }
}
