//! Suggestions below the box of the search: operators, and the values of the one that is written.

use super::{
    matching::Sought,
    operators::{Asked, OPERATORS, asked_at_end, quoted},
    typed::TYPING_DELAY,
};
use crate::{
    client::{ChatClient, now, spawn},
    erased_signal::ErasedSignal,
    store::ChatStore,
    ui::{Zone, avatar, dynamic_attr, dynamic_view, focus_first, on, optional_attr, use_zone},
};
use leptos::prelude::*;
use model::User;

const MAX_SUGGESTIONS: usize = 8;

pub const LIST_ID: &str = "search-suggestions";
pub const DATE_ID: &str = "search-date";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What takes the place of the last word.
    pub text: String,
    pub label: String,
    pub hint: String,
    /// Of a person.
    user: Option<User>,
}

impl Suggestion {
    fn new(text: String, label: &str, hint: &str) -> Self {
        Self {
            text,
            label: label.to_owned(),
            hint: hint.to_owned(),
            user: None,
        }
    }

    /// Whether more must be typed after it.
    pub fn is_operator(&self) -> bool {
        self.text.ends_with([':', '-'])
    }
}

/// The suggestions for the text of a box.
#[derive(Clone, Copy)]
pub struct Suggestions {
    client: ChatClient,
    zone: Zone,
    text: ErasedSignal<String>,
    pub list: ErasedSignal<Vec<Suggestion>>,
    /// Whether a date is asked for.
    pub asks_date: ErasedSignal<bool>,
    pub active: ErasedSignal<Option<usize>>,
    pub is_open: ErasedSignal<bool>,
}

impl Suggestions {
    pub fn new(client: ChatClient, text: ErasedSignal<String>) -> Self {
        Self {
            client,
            zone: use_zone(),
            text,
            list: ErasedSignal::new(Vec::new()),
            asks_date: ErasedSignal::new(false),
            active: ErasedSignal::new(None),
            is_open: ErasedSignal::new(false),
        }
    }

    /// Suggests what fits the end of the text.
    pub fn update(self) {
        let text = self.text.get_untracked();
        let (_, asked) = asked_at_end(&text);
        self.asks_date.set(asked == Asked::Date);
        let list = match &asked {
            Asked::Operator(prefix) => operators(prefix),
            Asked::Value(values) => {
                let (start, _) = asked_at_end(&text);
                let name = text[start..].split(':').next().unwrap_or_default();
                let values = values.iter();
                let suggest = |(value, hint): &(&str, &str)| {
                    Suggestion::new(format!("{name}:{value}"), &format!("{name}:{value}"), hint)
                };
                values.map(suggest).collect()
            }
            Asked::Person(written) => self.people_known(written),
            Asked::Conversation(written) => self.conversations(written),
            Asked::Date => self.days(&text),
            Asked::Nothing => Vec::new(),
        };
        self.show(list);
        if let Asked::Person(written) = asked {
            self.ask_for_people(text, written);
        }
    }

    fn show(self, list: Vec<Suggestion>) {
        self.active.set(None);
        self.is_open
            .set(!list.is_empty() || self.asks_date.get_untracked());
        self.list.set(list);
    }

    pub fn close(self) {
        self.is_open.set(false);
        self.active.set(None);
    }

    /// Takes a suggestion into the text. Returns whether the text is complete.
    pub fn pick(self, suggestion: &Suggestion) -> bool {
        let text = self.text.get_untracked();
        let (start, _) = asked_at_end(&text);
        let is_operator = suggestion.is_operator();
        let space = if is_operator { "" } else { " " };
        self.text
            .set(format!("{}{}{space}", &text[..start], suggestion.text));
        if is_operator {
            self.update();
        } else {
            self.close();
        }
        !is_operator
    }

    /// A date of the calendar, `2026-03-05`, after the operator that asks for it.
    fn of_date(self, date: &str) -> Suggestion {
        let text = self.text.get_untracked();
        let (start, _) = asked_at_end(&text);
        let name = text[start..].split(':').next().unwrap_or_default();
        Suggestion::new(format!("{name}:{date}"), "", "")
    }

    /// Moves the active suggestion. Returns false if there is none.
    pub fn move_active(self, forward: bool) -> bool {
        let count = self.list.with_untracked(Vec::len);
        if !self.is_open.get_untracked() || count == 0 {
            return false;
        }
        let next = match (self.active.get_untracked(), forward) {
            (None, true) => Some(0),
            (None, false) => None,
            (Some(at), true) => Some((at + 1).min(count - 1)),
            (Some(at), false) => at.checked_sub(1),
        };
        self.active.set(next);
        true
    }

    pub fn active_suggestion(self) -> Option<Suggestion> {
        let at = self.active.get_untracked()?;
        self.list.with_untracked(|list| list.get(at).cloned())
    }

    fn people_known(self, written: &str) -> Vec<Suggestion> {
        let sought = Sought::new(written);
        let me = "me".starts_with(&written.to_lowercase());
        let me = me.then(|| Suggestion::new("from:me".to_owned(), "from:me", "You"));
        let peers = self.client.store.with_untracked(|store| {
            let all = store.summaries().into_iter();
            all.filter_map(|summary| summary.peer.clone())
                .filter(|peer| {
                    sought.find_in(&peer.name).is_some() || sought.find_in(&peer.username).is_some()
                })
                .take(MAX_SUGGESTIONS)
                .collect::<Vec<_>>()
        });
        me.into_iter()
            .chain(peers.into_iter().map(person))
            .collect()
    }

    /// All people whom the server finds, after those that the page knows.
    fn ask_for_people(self, text: String, written: String) {
        let ask = move || {
            if self.text.try_get_untracked().as_ref() != Some(&text) {
                return;
            }
            spawn(async move {
                let found = self.client.people(written, None).await;
                let (Ok(found), Some(now)) = (found, self.text.try_get_untracked()) else {
                    return;
                };
                if now != text || !self.is_open.get_untracked() {
                    return;
                }
                let known = self.list.get_untracked();
                let is_new = |it: &Suggestion| known.iter().all(|known| known.text != it.text);
                let more = found.items.into_iter().map(person).filter(is_new);
                let mut list = known.clone();
                list.extend(more);
                list.truncate(MAX_SUGGESTIONS);
                self.is_open.set(!list.is_empty());
                self.list.set(list);
            });
        };
        self.is_open.set(true);
        set_timeout(ask, TYPING_DELAY);
    }

    fn conversations(self, written: &str) -> Vec<Suggestion> {
        let sought = Sought::new(written.trim_start_matches(['#', '@']));
        let suggest = |store: &ChatStore, id| {
            let title = store.title(id)?;
            let peer = store.summary(id)?.peer.as_ref();
            let matches = |name: &str| sought.find_in(name).is_some();
            let is_meant = matches(title) || peer.is_some_and(|peer| matches(&peer.username));
            let value = match peer {
                Some(peer) => format!("in:@{}", peer.username),
                None => format!("in:{}", quoted(title)),
            };
            is_meant.then(|| Suggestion {
                user: peer.cloned(),
                ..Suggestion::new(value.clone(), title, &value)
            })
        };
        self.client.store.with_untracked(|store| {
            let ids = store.conversation_ids().into_iter();
            ids.filter_map(|id| suggest(store, id))
                .take(MAX_SUGGESTIONS)
                .collect()
        })
    }

    /// Some days and months, in the zone of this browser.
    fn days(self, text: &str) -> Vec<Suggestion> {
        let (start, _) = asked_at_end(text);
        let (name, written) = text[start..].split_once(':').unwrap_or_default();
        let today = untrack(|| self.zone.day(now()));
        let month = |date: time::Date| format!("{:04}-{:02}", date.year(), u8::from(date.month()));
        let days = [
            ("today".to_owned(), "Today"),
            ("yesterday".to_owned(), "Yesterday"),
            (month(today), "This month"),
            (format!("{:04}", today.year()), "This year"),
        ];
        let days = days
            .into_iter()
            .filter(|(day, _)| day.starts_with(written) && day != written);
        days.map(|(day, hint)| {
            let value = format!("{name}:{day}");
            Suggestion::new(value.clone(), hint, &value)
        })
        .collect()
    }
}

fn person(user: User) -> Suggestion {
    let text = format!("from:{}", user.username);
    Suggestion {
        text,
        label: user.name.clone(),
        hint: format!("@{}", user.username),
        user: Some(user),
    }
}

fn operators(prefix: &str) -> Vec<Suggestion> {
    let fitting = OPERATORS
        .iter()
        .filter(|(name, ..)| name.starts_with(prefix));
    let all = fitting.map(|(name, value, hint)| {
        Suggestion::new((*name).to_owned(), &format!("{name} {value}"), hint)
    });
    all.collect()
}

/// The list, below the box. `on_pick` is called after a suggestion that completes the text.
pub fn suggestion_list(
    suggestions: Suggestions,
    on_pick: impl Fn(Suggestion) + Copy + Send + Sync + 'static,
) -> AnyView {
    let rows = dynamic_view(move || {
        let list = suggestions.list.get().into_iter().enumerate();
        let rows: Vec<_> = list
            .map(|(index, it)| option(suggestions, index, it, on_pick))
            .collect();
        rows.into_any()
    });
    let class = dynamic_attr(move || {
        if suggestions.is_open.get() {
            "suggestions suggestions-open"
        } else {
            "suggestions"
        }
    });
    let date = dynamic_view(move || {
        if !suggestions.asks_date.get() {
            return ().into_any();
        }
        any_view! {
            <label class="suggestion-date">
                <span>"A day"</span>
                <input
                    id=DATE_ID
                    type="date"
                    on:keydown=on::key(move |event| {
                        if event.key() == "Escape" {
                            event.prevent_default();
                            event.stop_propagation();
                            suggestions.close();
                            focus_first(".search-panel input");
                        }
                    })
                    on:change=on::input(move |event| {
                        let date = event_target_value(&event);
                        if !date.is_empty() {
                            on_pick(suggestions.of_date(&date));
                        }
                    })
                />
            </label>
        }
    });
    any_view! {
        <div class=class>
            <ul id=LIST_ID role="listbox" aria-label="Suggestions">{rows}</ul>
            {date}
        </div>
    }
}

fn option(
    suggestions: Suggestions,
    index: usize,
    suggestion: Suggestion,
    on_pick: impl Fn(Suggestion) + Copy + 'static,
) -> AnyView {
    let selected = dynamic_attr(move || (suggestions.active.get() == Some(index)).to_string());
    let face = suggestion
        .user
        .as_ref()
        .map(|user| avatar(user.id.0, &user.name, user.avatar_url.as_deref()));
    let (label, hint) = (suggestion.label.clone(), suggestion.hint.clone());
    // `mousedown` would take the focus from the box.
    any_view! {
        <li
            id=format!("{LIST_ID}-{index}")
            role="option"
            class="suggestion"
            aria-selected=selected
            on:mousedown=on::click(|event| event.prevent_default())
            on:click=on::click(move |_| on_pick(suggestion.clone()))
        >
            {face}
            <span class="one-line notranslate" dir="auto">{label}</span>
            <span class="muted one-line grow">{hint}</span>
        </li>
    }
}

/// The id of the active suggestion, for the box.
pub fn active_id(suggestions: Suggestions) -> Box<dyn FnMut() -> Option<String> + Send> {
    optional_attr(move || {
        suggestions
            .active
            .get()
            .map(|index| format!("{LIST_ID}-{index}"))
    })
}
