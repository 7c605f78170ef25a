//! Picking users by name: a search box with a list of matches, as an ARIA combobox.

use crate::{
    client::{ChatClient, spawn, use_client},
    erased_signal::ErasedSignal,
    ui::{
        Icon, avatar, dynamic_attr, dynamic_view, filled_in, has_modifier, icon, keyed_list, on,
        optional_attr,
    },
};
use leptos::{ev, prelude::*};
use model::User;
use std::time::Duration;
use wasm_bindgen::JsCast;

/// The search starts when no key was pressed for this time.
const SEARCH_DELAY: Duration = Duration::from_millis(180);

/// Picked users are chips before the box. Without scripts the box takes usernames.
#[component]
pub fn PeoplePicker(
    id: &'static str,
    picked: ErasedSignal<Vec<User>>,
    #[prop(optional)] hint_id: &'static str,
) -> impl IntoView {
    let client = use_client();
    let value = typed_before(id).unwrap_or_else(|| filled_in("people"));
    let text = ErasedSignal::new(value.clone());
    let matches = ErasedSignal::new(Vec::<User>::new());
    let active_index = ErasedSignal::new(0_usize);
    let timer = ErasedSignal::new(None::<TimeoutHandle>);
    let search = move |query: String| {
        timer.update(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        if query.trim().is_empty() {
            matches.set(Vec::new());
            return;
        }
        let start = move || {
            spawn(async move {
                let people = client.search_users(query.clone()).await.unwrap_or_default();
                // The box may have been removed, or its text changed, while the request ran.
                if text.try_get_untracked().as_ref() == Some(&query) {
                    matches.set(selectable(people, &picked.get_untracked(), client));
                    active_index.set(0);
                }
            });
        };
        timer.set(set_timeout_with_handle(start, SEARCH_DELAY).ok());
    };
    let pick = move |user: User| {
        picked.update(|picked| picked.push(user));
        text.set(String::new());
        matches.set(Vec::new());
    };
    let on_key =
        move |event: ev::KeyboardEvent| on_key(&event, text, matches, active_index, picked, pick);
    let list = dynamic_view(move || {
        let people = matches.get();
        people
            .into_iter()
            .enumerate()
            .map(|(index, user)| option(format!("{id}-{index}"), index, user, active_index, pick))
            .collect::<Vec<_>>()
            .into_any()
    });
    let list_id = format!("{id}-found");
    let is_open = move || matches.with(|matches| !matches.is_empty());
    any_view! {
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
                    aria-expanded=dynamic_attr(move || is_open().to_string())
                    aria-activedescendant=optional_attr(move || is_open().then(|| format!("{id}-{}", active_index.get())))
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
            <ul id=list_id role="listbox" aria-label="People" class=dynamic_attr(move || if is_open() { "combo-list combo-open" } else { "combo-list" })>
                {list}
            </ul>
        </div>
    }
}

/// What the server has filled in, or somebody has typed, before hydration.
fn typed_before(id: &str) -> Option<String> {
    if cfg!(feature = "ssr") {
        return None;
    }
    let input = document().get_element_by_id(id)?.dyn_into().ok();
    input.map(|input: web_sys::HtmlInputElement| input.value())
}

/// The users who are neither picked nor the user themselves.
fn selectable(mut people: Vec<User>, picked: &[User], client: ChatClient) -> Vec<User> {
    let me = client.store.with_untracked(|store| store.me.user.id);
    people.retain(|user| user.id != me && picked.iter().all(|picked| picked.id != user.id));
    people
}

fn on_key(
    event: &ev::KeyboardEvent,
    text: ErasedSignal<String>,
    matches: ErasedSignal<Vec<User>>,
    active_index: ErasedSignal<usize>,
    picked: ErasedSignal<Vec<User>>,
    pick: impl Fn(User),
) {
    if has_modifier(event) {
        return;
    }
    let count = matches.with_untracked(Vec::len);
    match event.key().as_str() {
        "ArrowDown" if count > 0 => active_index.update(|at| *at = (*at + 1) % count),
        "ArrowUp" if count > 0 => active_index.update(|at| *at = (*at + count - 1) % count),
        "Enter" if count > 0 => {
            if let Some(user) =
                matches.with_untracked(|matches| matches.get(active_index.get_untracked()).cloned())
            {
                pick(user);
            }
        }
        "Escape" if count > 0 => matches.set(Vec::new()),
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
    active_index: ErasedSignal<usize>,
    pick: impl Fn(User) + 'static,
) -> AnyView {
    let selected = dynamic_attr(move || (active_index.get() == index).to_string());
    let face = avatar(user.id.0, &user.name, user.avatar_url.as_deref());
    let (name, username) = (user.name.clone(), user.username.clone());
    // `mousedown` would take the focus from the box.
    any_view! {
        <li
            id=id
            role="option"
            class="person"
            aria-selected=selected
            on:mousedown=on::click(|event| event.prevent_default())
            on:click=on::click(move |_| pick(user.clone()))
        >
            {face}
            <span class="grow one-line notranslate" dir="auto">{name}</span>
            <span class="muted">"@" {username}</span>
        </li>
    }
}

fn chips(picked: ErasedSignal<Vec<User>>) -> AnyView {
    keyed_list(
        move || picked.get(),
        |user| user.id.to_string(),
        move |user| {
            let id = user.id;
            let remove = move |_| {
                picked.update(|picked| picked.retain(|other| other.id != id));
            };
            any_view! {
                <span class="chip notranslate">
                    <bdi>{user.name.clone()}</bdi>
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
