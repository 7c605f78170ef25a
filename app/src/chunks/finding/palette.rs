//! The palette: one box from which everything is gone to, with the keyboard alone.

use super::{
    jumps::{Jumps, use_jumps},
    palette_items::{Group, Item, Target, items, matching_places},
    snippet::snippet_html,
    typed::{MAX_QUERY, find_typed},
    uses::Uses,
};
use crate::{
    client::{Found, now},
    erased_signal::{ErasedMemo, ErasedSignal, memo},
    page_context::DialogState,
    presence::presence_dot,
    store::{ConnectionStatus, Key},
    ui::{
        Icon, avatar, dynamic_attr, has_modifier, icon, keyed_list, kind_avatar, on, optional_attr,
        problem_note, show_if,
    },
};
use leptos::{ev, prelude::*};
use model::Problem;

const LIST_ID: &str = "palette-list";

#[derive(Clone, Copy)]
struct Palette {
    jumps: Jumps,
    dialogs: DialogState,
    text: ErasedSignal<String>,
    /// The server's last answer, and what was asked; `None` in its place when there was none.
    found: ErasedSignal<Option<(String, Option<Found>)>>,
    /// The key of the active item; the first without one.
    active: ErasedSignal<Option<String>>,
    /// Enter was pressed before the server has answered, and nothing that the page knows was first.
    is_entered: ErasedSignal<bool>,
    problem: ErasedSignal<Option<Problem>>,
}

pub fn palette() -> AnyView {
    let palette = Palette {
        jumps: use_jumps(),
        dialogs: expect_context(),
        text: ErasedSignal::new(String::new()),
        found: ErasedSignal::new(None),
        active: ErasedSignal::new(None),
        is_entered: ErasedSignal::new(false),
        problem: ErasedSignal::new(None),
    };
    let client = palette.jumps.client;
    let uses = Uses::kept(client);
    let at = now().unix_timestamp();
    let all = memo(move || {
        let text = palette.text.get();
        let keys = [Key::Order, Key::Titles, Key::Unread];
        palette.found.with(|found| {
            let earlier;
            let found = match found {
                Some((asked, found)) if asked == text.trim() => found.as_ref(),
                // Until the server has answered, the places that still match stay: rows do not come and go with each
                // letter.
                Some((_, Some(found))) => {
                    earlier = matching_places(found, &text);
                    Some(&earlier)
                }
                _ => None,
            };
            client
                .store
                .with(&keys, |store| items(store, &text, found, &uses, at))
        })
    });
    let active_index = move || {
        let active = palette.active.get();
        all.with(|all| {
            let at = all
                .iter()
                .position(|item| Some(&item.key) == active.as_ref());
            at.unwrap_or(0)
        })
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if has_modifier(&event) {
            return;
        }
        let (at, count) = untrack(|| (active_index(), all.with(Vec::len)));
        let next = match event.key().as_str() {
            _ if count == 0 => return,
            "ArrowDown" => (at + 1) % count,
            "ArrowUp" => (at + count - 1) % count,
            "Enter" => {
                event.prevent_default();
                palette.enter(all, at);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        palette.is_entered.set(false);
        let key = all
            .get_untracked()
            .into_iter()
            .nth(next)
            .map(|item| item.key);
        palette.active.set(key);
        let row = document().get_element_by_id(&format!("{LIST_ID}-{next}"));
        if let Some(row) = row {
            row.scroll_into_view_with_bool(false);
        }
    };
    let rows = rows(palette, all, active_index);
    any_view! {
        <div class="palette">
            <div class="search-box">
                {icon(Icon::Search)}
                <input
                    type="text"
                    role="combobox"
                    placeholder="Find people, conversations, messages, commands"
                    aria-label="Find people, conversations, messages, commands"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    enterkeyhint="go"
                    maxlength=MAX_QUERY.to_string()
                    aria-autocomplete="list"
                    aria-expanded="true"
                    aria-controls=LIST_ID
                    aria-activedescendant=optional_attr(move || {
                        all.with(|all| !all.is_empty()).then(|| format!("{LIST_ID}-{}", active_index()))
                    })
                    on:input=on::input(move |event| palette.type_text(event_target_value(&event), all))
                    on:keydown=on::key(on_key)
                />
            </div>
            {offline_note(palette)}
            {problem_note(palette.problem)}
            <ul id=LIST_ID role="listbox" aria-label="Places and commands" class="palette-list">
                {rows}
            </ul>
        </div>
    }
}

fn offline_note(palette: Palette) -> AnyView {
    let connection = palette.jumps.client.connection_status();
    show_if(move || {
        (connection.get() != ConnectionStatus::Online).then(|| {
            any_view! { <p class="note note-offline">"You are offline: only what this page knows is found."</p> }
        })
    })
}

/// The items, the first of each group below its title. What stays the same stays where it is, so that an answer that
/// comes while it is pressed does not take the click from it.
fn rows(
    palette: Palette,
    all: ErasedMemo<Vec<Item>>,
    active_index: impl Fn() -> usize + Copy + Send + Sync + 'static,
) -> AnyView {
    let with_titles = move || {
        let mut group = None;
        let with_title = |item: Item| {
            let is_first = group.replace(item.group) != Some(item.group);
            (is_first.then(|| group_title(palette, &item)), item)
        };
        all.get().into_iter().map(with_title).collect()
    };
    let active = memo(active_index);
    keyed_list(
        with_titles,
        |row| format!("{row:?}"),
        move |(title, item)| {
            let title = title.map(|title| {
                any_view! { <li class="palette-group" role="presentation">{title}</li> }
            });
            any_view! {
                {title}
                {option(palette, all, item.clone(), active)}
            }
        },
    )
}

fn group_title(palette: Palette, item: &Item) -> &'static str {
    let is_empty = palette.text.with_untracked(|text| text.trim().is_empty());
    match item.group {
        Group::Places if is_empty => Group::Recent.title(),
        group => group.title(),
    }
}

impl Palette {
    fn type_text(self, text: String, all: ErasedMemo<Vec<Item>>) {
        self.text.set(text);
        self.active.set(None);
        self.is_entered.set(false);
        self.problem.set(None);
        // Without an answer the palette says if it is offline.
        find_typed(self.jumps.client, self.text, move |query, found| {
            self.keep_active(all);
            self.found.set(Some((query, found)));
            if self.is_entered.get_untracked() {
                self.enter(all, 0);
            }
        });
    }

    /// Opens the item at this place. Where the page knows nothing better than to search messages, what the server
    /// finds may be meant, and is waited for.
    fn enter(self, all: ErasedMemo<Vec<Item>>, at: usize) {
        let Some(item) = all.get_untracked().into_iter().nth(at) else {
            return;
        };
        if self.active.with_untracked(Option::is_none) && item.is_search() && self.is_asking() {
            self.is_entered.set(true);
        } else {
            self.open(&item);
        }
    }

    fn is_asking(self) -> bool {
        let text = self.text.get_untracked();
        let is_online =
            self.jumps.client.connection_status().get_untracked() == ConnectionStatus::Online;
        let is_answered = self.found.with_untracked(|found| {
            found
                .as_ref()
                .is_some_and(|(asked, _)| asked == text.trim())
        });
        is_online && !is_answered
    }

    /// A place that is first stays chosen when the server's answer comes in between; the search does not, which is
    /// first where the page knows no place.
    fn keep_active(self, all: ErasedMemo<Vec<Item>>) {
        if self.active.with_untracked(Option::is_none) {
            let first = all.get_untracked().into_iter().next();
            let place = first.filter(|item| !item.is_search());
            self.active.set(place.map(|item| item.key));
        }
    }

    fn open(self, item: &Item) {
        let Jumps {
            client, finding, ..
        } = self.jumps;
        if !matches!(item.target, Target::Message(_) | Target::Search(_)) {
            Uses::note(client, &item.key);
        }
        match &item.target {
            Target::Conversation(id) | Target::Channel(id) => self.jumps.open_conversation(*id),
            Target::Person(id) => self.jumps.open_direct(*id, self.problem),
            Target::Command(command) => command.run(self.jumps, self.dialogs),
            Target::Message(message) => {
                finding.close_dialogs();
                finding.show_message(message.conversation_id, message.id);
            }
            Target::Search(text) => {
                finding.close_dialogs();
                finding.open_search(text, None);
            }
        }
    }
}

fn option(
    palette: Palette,
    all: ErasedMemo<Vec<Item>>,
    item: Item,
    active: ErasedMemo<usize>,
) -> AnyView {
    let key = item.key.clone();
    let index = memo(move || all.with(|all| all.iter().position(|it| it.key == key)));
    let id = optional_attr(move || index.get().map(|index| format!("{LIST_ID}-{index}")));
    let selected = dynamic_attr(move || (index.get() == Some(active.get())).to_string());
    let picture = match (&item.user, &item.picture_url) {
        (Some(user), _) => any_view! {
            <span class="face">{avatar(user.id.0, &user.name, user.avatar_url.as_deref())} {presence_dot(user.id)}</span>
        },
        (None, Some(url)) => kind_avatar(item.icon, Some(url)),
        (None, None) => {
            any_view! { <span class="palette-icon" aria-hidden="true">{icon(item.icon)}</span> }
        }
    };
    let label = match &item.target {
        Target::Message(message) if !message.snippet.text.is_empty() => {
            any_view! { <span class="one-line grow" dir="auto" inner_html=snippet_html(&message.snippet)></span> }
        }
        Target::Message(_) | Target::Command(_) | Target::Search(_) => {
            any_view! { <span class="one-line grow" dir="auto">{item.label.clone()}</span> }
        }
        _ => {
            any_view! { <span class="one-line grow notranslate" dir="auto">{item.label.clone()}</span> }
        }
    };
    let unread = (item.unread > 0).then(|| {
        any_view! { <span class="badge">{item.unread.min(99)} <span class="sr-only">" unread"</span></span> }
    });
    let detail = item.detail.clone();
    // `mousedown` would take the focus from the box.
    any_view! {
        <li
            id=id
            role="option"
            class="palette-row"
            data-key=item.key.clone()
            aria-selected=selected
            on:mousedown=on::click(|event| event.prevent_default())
            on:click=on::click(move |_| palette.open(&item))
        >
            {picture}
            {label}
            <span class="muted one-line notranslate" dir="auto">{detail}</span>
            {unread}
        </li>
    }
}
