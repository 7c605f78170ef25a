//! The directory: all people, by name.

use super::{
    name_box::name_box,
    paged::{Paged, Progress, move_in_list},
};
use crate::{
    client::use_client,
    erased_signal::{ErasedSignal, effect},
    presence::presence_dot,
    ui::{avatar, keyed_list, on, show_if},
};
use leptos::prelude::*;
use model::User;

const LIST_ID: &str = "people-list";

pub fn people_list() -> AnyView {
    let client = use_client();
    let text = ErasedSignal::new(String::new());
    let people = Paged::new(move |cursor| {
        let query = text.with_untracked(|text| text.trim().to_owned());
        Box::pin(client.people(query, cursor))
    });
    effect(move || people.restart());
    let on_scroll = people.grow_in(LIST_ID);
    let rows = keyed_list(
        move || people.items.get(),
        |user| user.id.to_string(),
        person,
    );
    let nothing = show_if(move || {
        let is_empty = people.items.with(Vec::is_empty) && people.progress.get() == Progress::End;
        is_empty.then(|| any_view! { <p class="muted centred">"Nobody has that name."</p> })
    });
    any_view! {
        <div class="browser" on:keydown=on::key(|event| move_in_list(&event, ".browser-row", ".browser input"))>
            {name_box("Find people by name", move |written| {
                text.set(written);
                people.restart_after_typing();
            })}
            <div id=LIST_ID class="browser-list" on:scroll=on_scroll>
                <ul aria-label="People">{rows}</ul>
                {nothing}
                {people.foot()}
            </div>
        </div>
    }
}

/// A click opens the card: `data-user`.
fn person(user: &User) -> AnyView {
    let name = user.name.clone();
    any_view! {
        <li>
            <button type="button" class="browser-row" data-user=user.id.to_string()>
                <span class="face">
                    {avatar(user.id.0, &user.name, user.avatar_url.as_deref())} {presence_dot(user.id)}
                </span>
                <strong class="one-line notranslate" dir="auto">{name}</strong>
                <span class="muted one-line grow notranslate">"@" {user.username.clone()}</span>
            </button>
        </li>
    }
}
