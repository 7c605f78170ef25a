//! The box that finds where messages go: conversations and people, as the palette finds them.

use super::{
    super::finding::{Item, MAX_QUERY, Sought, Target as Found, Uses, find_typed, places},
    state::{Forwarding, MAX_PLACES, Place, Target},
};
use crate::{
    client::{Found as Answer, now},
    erased_signal::{ErasedMemo, ErasedSignal, memo},
    store::{ChatStore, Key},
    ui::{Icon, avatar, has_modifier, icon, kind_avatar},
};
use leptos::{ev, prelude::*};
use model::ConversationSummary;

const LIST_ID: &str = "forward-list";

#[derive(Clone, Copy)]
struct PlaceBox {
    forwarding: Forwarding,
    text: ErasedSignal<String>,
    /// The server's last answer, and what was asked.
    found: ErasedSignal<Option<(String, Answer)>>,
    active: ErasedSignal<usize>,
    shown: ErasedMemo<Vec<Item>>,
}

pub fn place_box(forwarding: Forwarding) -> AnyView {
    let client = forwarding.view.client;
    let uses = Uses::kept(client);
    let at = now().unix_timestamp();
    let text = ErasedSignal::new(String::new());
    let found = ErasedSignal::new(None::<(String, Answer)>);
    let shown = memo(move || {
        let text = text.get();
        let picked = forwarding.picked.get();
        found.with(|found| {
            let found = found.as_ref().filter(|(asked, _)| *asked == text.trim());
            let found = found.map(|(_, found)| found);
            client
                .store
                .with(&[Key::Order, Key::Titles], |store: &ChatStore| {
                    let mut all = places(store, &Sought::new(&text), found, &uses, at);
                    all.retain(|item| is_open(store, item));
                    all.retain(|item| picked.iter().all(|it| it.key != item.key));
                    all
                })
        })
    });
    let this = PlaceBox {
        forwarding,
        text,
        found,
        active: ErasedSignal::new(0),
        shown,
    };
    let has_any = move || shown.with(|shown| !shown.is_empty());
    let is_full = move || forwarding.picked.with(|picked| picked.len() >= MAX_PLACES);
    let active_id = move || has_any().then(|| format!("{LIST_ID}-{}", this.active.get()));
    let rows = move || {
        let rows = shown.get().into_iter().enumerate();
        rows.map(|(index, item)| this.row(index, item))
            .collect::<Vec<_>>()
    };
    let note = move || {
        (!has_any())
            .then(|| view! { <p class="muted" role="status">"Nothing like that is found."</p> })
    };
    view! {
        <div class="forward-places">
            {move || this.chips()}
            <div class="search-box">
                {icon(Icon::Search)}
                <input
                    type="text"
                    role="combobox"
                    placeholder="Find conversations and people"
                    aria-label="Forward to"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength=MAX_QUERY.to_string()
                    aria-autocomplete="list"
                    aria-expanded=move || has_any().to_string()
                    aria-controls=LIST_ID
                    aria-activedescendant=active_id
                    disabled=is_full
                    prop:value=move || text.get()
                    on:input=move |event| this.type_text(event_target_value(&event))
                    on:keydown=move |event| this.on_key(&event)
                />
            </div>
            {note}
            <ul id=LIST_ID role="listbox" aria-label="Conversations and people" class="palette-list" hidden=move || !has_any() || is_full()>
                {rows}
            </ul>
        </div>
    }
    .into_any()
}

/// Whether the user may write there.
fn is_open(store: &ChatStore, item: &Item) -> bool {
    match item.target {
        Found::Conversation(id) => store.summary(id).is_none_or(ConversationSummary::may_write),
        Found::Person(_) => true,
        _ => false,
    }
}

impl PlaceBox {
    fn type_text(self, text: String) {
        self.text.set(text);
        self.active.set(0);
        find_typed(
            self.forwarding.view.client,
            self.text,
            move |query, found| {
                self.found.set(found.map(|found| (query, found)));
            },
        );
    }

    fn on_key(self, event: &ev::KeyboardEvent) {
        let (at, count) = (
            self.active.get_untracked(),
            untrack(|| self.shown.with(Vec::len)),
        );
        let is_empty = self.text.with_untracked(String::is_empty);
        match event.key().as_str() {
            _ if has_modifier(event) => return,
            "ArrowDown" if count > 0 => self.go_to((at + 1) % count),
            "ArrowUp" if count > 0 => self.go_to((at + count - 1) % count),
            "Enter" => {
                let item = self.shown.get_untracked().into_iter().nth(at);
                if let Some(item) = item {
                    self.pick(item);
                }
            }
            "Backspace" if is_empty => {
                self.forwarding.picked.update(|picked| drop(picked.pop()));
                return;
            }
            _ => return,
        }
        event.prevent_default();
    }

    fn go_to(self, index: usize) {
        self.active.set(index);
        let row = document().get_element_by_id(&format!("{LIST_ID}-{index}"));
        if let Some(row) = row {
            row.scroll_into_view_with_bool(false);
        }
    }

    fn pick(self, item: Item) {
        let target = match item.target {
            Found::Conversation(id) => Target::Conversation(id),
            Found::Person(id) => Target::Person(id),
            _ => return,
        };
        let is_full = self.forwarding.picked.with_untracked(Vec::len) >= MAX_PLACES;
        if !is_full {
            let place = Place::new(item.key, item.label, target);
            self.forwarding.picked.update(|picked| picked.push(place));
            self.text.set(String::new());
            self.active.set(0);
        }
    }

    fn row(self, index: usize, item: Item) -> AnyView {
        let selected = move || (self.active.get() == index).to_string();
        let picture = match (&item.user, &item.picture_url) {
            (Some(user), _) => avatar(user.id.0, &user.name, user.avatar_url.as_deref()),
            (None, Some(url)) => kind_avatar(item.icon, Some(url)),
            (None, None) => {
                view! { <span class="palette-icon" aria-hidden="true">{icon(item.icon)}</span> }
                    .into_any()
            }
        };
        let (label, detail) = (item.label.clone(), item.detail.clone());
        // `mousedown` would take the focus from the box.
        view! {
            <li
                id=format!("{LIST_ID}-{index}")
                role="option"
                class="palette-row"
                aria-selected=selected
                on:mousedown=|event| event.prevent_default()
                on:click=move |_| self.pick(item.clone())
            >
                {picture}
                <span class="one-line grow notranslate" dir="auto">{label}</span>
                <span class="muted one-line notranslate" dir="auto">{detail}</span>
            </li>
        }
        .into_any()
    }

    fn chips(self) -> AnyView {
        let picked = self.forwarding.picked;
        let chips = picked.get().into_iter().map(|place| {
            let remove = move |_| picked.update(|picked| picked.retain(|it| it.key != place.key));
            view! {
                <span class="chip notranslate">
                    <bdi>{place.title.clone()}</bdi>
                    <button type="button" aria-label=format!("Remove {}", place.title) on:click=remove>
                        {icon(Icon::Close)}
                    </button>
                </span>
            }
        });
        let chips: Vec<_> = chips.collect();
        (!chips.is_empty())
            .then(|| view! { <div class="forward-chips">{chips}</div> })
            .into_any()
    }
}
