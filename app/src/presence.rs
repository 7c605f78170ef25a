//! Presence: the dot on a face, the words for it, and the reader's own choice.

use crate::{
    live::use_live,
    signals::derived,
    ui::{LocalTime, ShowTime, attr, dynamic, on, text},
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

/// The dot on a face.
pub fn presence_dot(user_id: UserId) -> AnyView {
    let live = use_live();
    let status = derived(move || live.store.with(|store| store.presence(user_id)));
    let class = attr(move || match status.get() {
        PresenceStatus::Online => "dot dot-online",
        PresenceStatus::Away => "dot dot-away",
        PresenceStatus::Offline => "dot dot-offline",
    });
    part! {
        <span class=class>
            <span class="sr-only">{text(move || label(status.get()).to_owned())}</span>
        </span>
    }
}

/// The same in words, with the time when somebody who is gone was last here.
pub fn presence_words(user_id: UserId) -> AnyView {
    let live = use_live();
    let now = derived(move || {
        live.store
            .with(|store| (store.presence(user_id), store.last_seen_at(user_id)))
    });
    dynamic(move || match now.get() {
        (PresenceStatus::Offline, Some(at)) => {
            part! { "Last seen " <LocalTime at show=ShowTime::Short /> }
        }
        (status, _) => label(status).into_any(),
    })
}

/// What to say of oneself.
#[component]
pub fn PresenceChoices() -> impl IntoView {
    let live = use_live();
    let chosen = derived(move || live.store.with(|store| store.me.presence_choice));
    let buttons: Vec<_> = CHOICES
        .into_iter()
        .map(|(choice, label, dot)| {
            part! {
                <button
                    type="button"
                    class="menu-item"
                    aria-pressed=attr(move || (chosen.get() == choice).to_string())
                    on:click=on::click(move |_| {
                        live.set_presence(choice);
                        live.store.update(|store| store.me.presence_choice = choice);
                        crate::ui::close_menus();
                    })
                >
                    <span class=dot aria-hidden="true"></span>
                    {label}
                </button>
            }
        })
        .collect();
    part! {
        <div role="group" aria-label="Presence">
            {buttons}
        </div>
    }
}
