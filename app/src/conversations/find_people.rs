//! Finding people by name: a search box with a list that the keyboard walks through.

use crate::{
    live::{spawn, use_live},
    signals::Var,
    ui::{Icon, attr, avatar, dynamic, each, filled_in, icon, maybe, on},
};
use leptos::{ev, prelude::*};
use model::User;
use std::time::Duration;

/// How long somebody must pause before the search starts.
const PAUSE: Duration = Duration::from_millis(180);

/// The people who were picked, as chips before the box. Without scripts the box takes usernames.
#[component]
pub fn FindPeople(
    id: &'static str,
    picked: Var<Vec<User>>,
    #[prop(optional)] hint_id: &'static str,
) -> impl IntoView {
    let live = use_live();
    let value = filled_in("people");
    let text = Var::new(value.clone());
    let found = Var::new(Vec::<User>::new());
    let marked = Var::new(0_usize);
    let timer = Var::new(None::<TimeoutHandle>);
    let search = move |query: String| {
        timer.update(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        if query.trim().is_empty() {
            found.set(Vec::new());
            return;
        }
        let start = move || {
            spawn(async move {
                let people = live.search_users(query.clone()).await.unwrap_or_default();
                // The box may be gone, or somebody typed on.
                if text.try_get_untracked().as_ref() == Some(&query) {
                    found.set(without(people, &picked.get_untracked(), live));
                    marked.set(0);
                }
            });
        };
        timer.set(set_timeout_with_handle(start, PAUSE).ok());
    };
    let pick = move |user: User| {
        picked.update(|picked| picked.push(user));
        text.set(String::new());
        found.set(Vec::new());
    };
    let on_key = move |event: ev::KeyboardEvent| on_key(&event, text, found, marked, picked, pick);
    let list = dynamic(move || {
        let people = found.get();
        people
            .into_iter()
            .enumerate()
            .map(|(index, user)| option(format!("{id}-{index}"), index, user, marked, pick))
            .collect::<Vec<_>>()
            .into_any()
    });
    let list_id = format!("{id}-found");
    let is_open = move || found.with(|found| !found.is_empty());
    part! {
        <div class="combo">
            <div class="combo-box">
                {chips(picked)}
                <input
                    id=id
                    name="people"
                    type="text"
                    role="combobox"
                    placeholder="Search by name"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-autocomplete="list"
                    aria-controls=list_id.clone()
                    aria-describedby=(!hint_id.is_empty()).then_some(hint_id)
                    aria-expanded=attr(move || is_open().to_string())
                    aria-activedescendant=maybe(move || is_open().then(|| format!("{id}-{}", marked.get())))
                    value=value
                    prop:value=move || text.get()
                    on:input=on::input(move |event| {
                        let query = event_target_value(&event);
                        text.set(query.clone());
                        search(query);
                    })
                    on:keydown=on::key(on_key)
                />
            </div>
            <ul id=list_id role="listbox" aria-label="People" class=attr(move || if is_open() { "combo-list combo-open" } else { "combo-list" })>
                {list}
            </ul>
        </div>
    }
}

/// Those who can still be picked.
fn without(mut people: Vec<User>, picked: &[User], live: crate::live::Live) -> Vec<User> {
    let me = live.store.with_untracked(|store| store.me.user.id);
    people.retain(|user| user.id != me && picked.iter().all(|picked| picked.id != user.id));
    people
}

fn on_key(
    event: &ev::KeyboardEvent,
    text: Var<String>,
    found: Var<Vec<User>>,
    marked: Var<usize>,
    picked: Var<Vec<User>>,
    pick: impl Fn(User),
) {
    let count = found.with_untracked(Vec::len);
    match event.key().as_str() {
        "ArrowDown" if count > 0 => marked.update(|at| *at = (*at + 1) % count),
        "ArrowUp" if count > 0 => marked.update(|at| *at = (*at + count - 1) % count),
        "Enter" if count > 0 => {
            if let Some(user) =
                found.with_untracked(|found| found.get(marked.get_untracked()).cloned())
            {
                pick(user);
            }
        }
        "Escape" if count > 0 => found.set(Vec::new()),
        "Backspace" if text.with_untracked(String::is_empty) => {
            picked.update(|picked| drop(picked.pop()));
            return;
        }
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

fn option(
    id: String,
    index: usize,
    user: User,
    marked: Var<usize>,
    pick: impl Fn(User) + 'static,
) -> AnyView {
    let selected = attr(move || (marked.get() == index).to_string());
    let face = avatar(user.id.0, &user.name, user.avatar_url.as_deref());
    let (name, username) = (user.name.clone(), user.username.clone());
    // Pressing must not take the focus from the box.
    part! {
        <li
            id=id
            role="option"
            class="person"
            aria-selected=selected
            on:mousedown=on::click(|event| event.prevent_default())
            on:click=on::click(move |_| pick(user.clone()))
        >
            {face}
            <span class="grow one-line">{name}</span>
            <span class="muted">"@" {username}</span>
        </li>
    }
}

fn chips(picked: Var<Vec<User>>) -> AnyView {
    each(
        move || picked.get(),
        |user| user.id.to_string(),
        move |user| {
            let id = user.id;
            let remove = move |_| {
                picked.update(|picked| picked.retain(|other| other.id != id));
            };
            part! {
                <span class="chip">
                    {user.name.clone()}
                    <button
                        type="button"
                        aria-label=format!("Remove {}", user.name)
                        on:click=on::click(remove)
                    >
                        {icon(Icon::Close)}
                    </button>
                </span>
            }
        },
    )
}
