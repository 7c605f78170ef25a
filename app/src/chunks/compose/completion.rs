//! The list above a box while something is written that can be completed: people after an `@`, emoji after a `:`,
//! conversations after a `#`, commands after a `/`.

use super::{
    commands::{self, reminder},
    context::Composing,
    many,
    offer::{Offer, emoji},
    people::{is_named, offered, others},
    places,
    selection::Edit,
    token::{Kind, Token, closed_code, names_others, token},
    writing_box::WritingBox,
};
use crate::{
    chunks::emoji::{data, search::exact},
    client::{ChatClient, skin_tone, spawn},
    erased_signal::ErasedSignal,
    router::Router,
    ui::{Zone, dynamic_attr, dynamic_view, has_modifier, on, once_built, window_size},
};
use leptos::{ev, prelude::*};
use model::UserId;
use std::time::Duration;
use web_sys::{Element, HtmlElement};

/// The server is asked when no key was pressed for this time.
const SEARCH_DELAY: Duration = Duration::from_millis(120);

/// Pixels between a box and its list, and between the list and the edge of the window.
const GAP: f64 = 6.0;
const MAX_HEIGHT: f64 = 320.0;
/// With less room than this above the box, the list is below it.
const MIN_HEIGHT: f64 = 150.0;

#[derive(Clone, Copy)]
pub struct Completion {
    client: ChatClient,
    router: Router,
    zone: Zone,
    /// The DOM id of the list, of which each box has one.
    list: ErasedSignal<String>,
    token: ErasedSignal<Option<Token>>,
    found: ErasedSignal<Vec<Offer>>,
    active: ErasedSignal<usize>,
    /// Whether the active one was gone to with the arrows.
    is_chosen: ErasedSignal<bool>,
    /// Where the sign stands whose list was closed by Escape.
    dismissed: ErasedSignal<Option<usize>>,
}

impl Completion {
    pub fn new(composing: Composing, list: String) -> Self {
        Self {
            client: composing.client,
            router: composing.router,
            zone: composing.zone,
            list: ErasedSignal::new(list),
            token: ErasedSignal::new(None),
            found: ErasedSignal::new(Vec::new()),
            active: ErasedSignal::new(0),
            is_chosen: ErasedSignal::new(false),
            dismissed: ErasedSignal::new(None),
        }
    }

    fn is_open(self) -> bool {
        self.found.with_untracked(|found| !found.is_empty())
    }

    /// Offers what fits to the text before the caret.
    pub fn update(self, written: &WritingBox) {
        let token = token(&written.selection())
            .filter(|token| written.sends_messages() || !token.kind.is_of_command());
        let start = token.as_ref().map(|token| token.range.start);
        if self.dismissed.get_untracked() != start {
            self.dismissed.set(None);
        }
        let token = token.filter(|_| self.dismissed.get_untracked().is_none());
        if self.token.with_untracked(|known| *known == token) {
            return;
        }
        self.token.set(token.clone());
        self.is_chosen.set(false);
        let Some(token) = token else {
            return self.close(written);
        };
        match token.kind {
            Kind::Mention => {}
            Kind::Emoji => return self.show_emoji(written, token),
            Kind::Conversation => {
                return self.show(written, places::offered(self.client, &token.query));
            }
            Kind::Command => return self.show(written, self.commands(&token.query)),
            Kind::Time => {
                let names = reminder::names(self.zone, &token.query).into_iter();
                return self.show(written, names.map(Offer::Time).collect());
            }
        }
        if !names_others(&written.area.value()) {
            self.show(written, self.people(&token, &[]));
        }
        let (written, this) = (written.clone(), self);
        let search = move || {
            let is_current = this.token.try_get_untracked().flatten().as_ref() == Some(&token);
            if is_current {
                this.search(written, token);
            }
        };
        set_timeout(search, SEARCH_DELAY);
    }

    fn search(self, written: WritingBox, token: Token) {
        let Some(id) = untrack(|| self.router.conversation()) else {
            return;
        };
        spawn(async move {
            // Offline, those who are known are all that is offered.
            let offers = if names_others(&written.area.value()) {
                let Ok(found) = self.client.search_users(token.query.clone()).await else {
                    return;
                };
                others(self.client, id, found)
            } else {
                let found = self.client.load_member_page(id, &token.query, None).await;
                let Ok((found, _)) = found else {
                    return;
                };
                self.people(&token, &found)
            };
            if self.token.try_get_untracked().flatten().as_ref() == Some(&token) {
                self.show(&written, offers);
            }
        });
    }

    fn commands(self, query: &str) -> Vec<Offer> {
        let id = untrack(|| self.router.conversation());
        let kind = self.client.store.with_untracked(|store| {
            let summary = store.summary(id?)?;
            Some(summary.conversation.kind)
        });
        let offered = kind.map(|kind| commands::offered(query, kind));
        let offered = offered.unwrap_or_default().into_iter();
        offered.map(Offer::Command).collect()
    }

    fn people(self, token: &Token, found: &[UserId]) -> Vec<Offer> {
        let id = untrack(|| self.router.conversation());
        let Some(id) = id else {
            return Vec::new();
        };
        let people = offered(self.client, id, &token.query, found);
        let many = many::offered(self.client, id, &token.query);
        let people = people.into_iter().map(Offer::Person);
        people.chain(many).collect()
    }

    fn show_emoji(self, written: &WritingBox, token: Token) {
        if let Some(data) = data::loaded() {
            return self.show(written, emoji(&data, &token.query));
        }
        let written = written.clone();
        spawn(async move {
            // Without the file, a code stays as it is typed.
            if let Some(data) = data::load(self.client).await
                && self.token.try_get_untracked().flatten().as_ref() == Some(&token)
            {
                self.show(&written, emoji(&data, &token.query));
            }
        });
    }

    /// Puts an emoji in the place of its code once that is ended by a colon.
    pub fn close_code(self, written: &WritingBox) {
        let Some(token) = closed_code(&written.selection()) else {
            return;
        };
        let written = written.clone();
        let put = move || {
            let data = data::loaded()?;
            let emoji = exact(&data, &token.query)?.with_tone(skin_tone());
            (closed_code(&written.selection()).as_ref() == Some(&token))
                .then(|| written.apply(&Edit::replace(token.range, emoji)))
        };
        if data::loaded().is_some() {
            put();
        } else {
            spawn(async move {
                if data::load(self.client).await.is_some() {
                    put();
                }
            });
        }
    }

    fn show(self, written: &WritingBox, offers: Vec<Offer>) {
        if offers.is_empty() {
            return self.hide(written);
        }
        // The one that was chosen stays chosen.
        let active = self.active.get_untracked();
        let chosen = self
            .found
            .with_untracked(|found| found.get(active).cloned());
        let active = offers
            .iter()
            .position(|offer| Some(offer) == chosen.as_ref() && active > 0);
        self.active.set(active.unwrap_or_default());
        self.found.set(offers);
        self.tell(written);
    }

    /// Tells screen readers which one is active, by the attributes of the box.
    fn tell(self, written: &WritingBox) {
        let list = self.list.get_untracked();
        let option = format!("{list}-{}", self.active.get_untracked());
        for (name, value) in [
            ("aria-autocomplete", "list"),
            ("aria-haspopup", "listbox"),
            ("aria-controls", &list),
            ("aria-activedescendant", &option),
        ] {
            let _ = written.area.set_attribute(name, value);
        }
        // Enter does not take it.
        if self.is_guess(self.active.get_untracked()) {
            let _ = written.area.remove_attribute("aria-activedescendant");
        }
    }

    fn hide(self, written: &WritingBox) {
        if self.is_open() {
            self.found.set(Vec::new());
            self.active.set(0);
            for name in [
                "aria-autocomplete",
                "aria-haspopup",
                "aria-controls",
                "aria-activedescendant",
            ] {
                let _ = written.area.remove_attribute(name);
            }
        }
    }

    pub fn close(self, written: &WritingBox) {
        self.token.set(None);
        self.hide(written);
    }

    /// Whether a key is one of the list.
    pub fn on_key(self, event: &ev::KeyboardEvent, written: &WritingBox) -> bool {
        if !self.is_open() || has_modifier(event) {
            return false;
        }
        let count = self.found.with_untracked(Vec::len);
        let active = self.active.get_untracked();
        match &*event.key() {
            "ArrowDown" => self.choose((active + 1) % count),
            "ArrowUp" => self.choose((active + count - 1) % count),
            // What is written out in full is sent, and so is what nobody is called.
            "Enter" if self.is_complete(active) || self.is_guess(active) => {
                self.close(written);
                return false;
            }
            "Enter" | "Tab" => {
                self.take(written, active);
                return true;
            }
            "Escape" => {
                let start = self
                    .token
                    .with_untracked(|token| token.as_ref().map(|it| it.range.start));
                self.dismissed.set(start);
                self.close(written);
                return true;
            }
            _ => return false,
        }
        self.tell(written);
        let option = format!(
            "{}-{}",
            self.list.get_untracked(),
            self.active.get_untracked()
        );
        if let Some(option) = document().get_element_by_id(&option) {
            keep_in_view(&option);
        }
        true
    }

    fn choose(self, index: usize) {
        self.active.set(index);
        self.is_chosen.set(true);
    }

    fn offer(self, index: usize) -> Option<(Offer, Token)> {
        let offer = self.found.with_untracked(|found| found.get(index).cloned());
        offer.zip(self.token.get_untracked())
    }

    /// Whether what is written is what it would become already.
    fn is_complete(self, index: usize) -> bool {
        self.offer(index).is_some_and(|(offer, token)| {
            // A time may be written in other words, too.
            let is_time = index == 0
                && token.kind == Kind::Time
                && reminder::read(self.zone, &token.query).is_some();
            is_time || offer.is_written(&token.query)
        })
    }

    /// Whether it is somebody who may be meant if what is written has typing errors, and whom nobody has chosen.
    fn is_guess(self, index: usize) -> bool {
        let offer = self
            .offer(index)
            .filter(|_| !self.is_chosen.get_untracked());
        offer.is_some_and(|(offer, token)| match offer {
            Offer::Person(user) => !is_named(&user, &token.query),
            _ => false,
        })
    }

    /// Writes what one of the offers stands for.
    fn take(self, written: &WritingBox, index: usize) {
        let Some((offer, token)) = self.offer(index) else {
            return;
        };
        self.close(written);
        let selection = written.selection();
        let space = if selection.after().starts_with(char::is_whitespace) {
            ""
        } else {
            " "
        };
        let text = format!("{}{space}", offer.text());
        written.apply(&Edit::replace(token.range, text));
    }

    pub fn view(self) -> AnyView {
        dynamic_view(move || {
            let offers = self.found.get();
            let Some(label) = offers.first().map(Offer::label) else {
                return ().into_any();
            };
            let list = self.list.get_untracked();
            let options: Vec<_> = offers
                .iter()
                .enumerate()
                .map(|(index, offer)| self.option(format!("{list}-{index}"), index, offer))
                .collect();
            let placed = list.clone();
            once_built(move || place(&placed));
            any_view! {
                <ul
                    id=list
                    class="menu-panel compose-list"
                    role="listbox"
                    aria-label=label
                    tabindex="0"
                    on:mousedown=on::click(|event| event.prevent_default())
                >
                    {options}
                </ul>
            }
        })
    }

    fn option(self, id: String, index: usize, offer: &Offer) -> AnyView {
        let selected = dynamic_attr(move || (self.active.get() == index).to_string());
        let take = move |event: ev::MouseEvent| {
            if let Some(written) = WritingBox::around(&event) {
                self.take(&written, index);
            }
        };
        any_view! {
            <li
                id=id
                role="option"
                class="person"
                aria-selected=selected
                on:click=on::click(take)
            >
                {offer.view()}
            </li>
        }
    }
}

/// Scrolls the list as far as it must to show an option.
fn keep_in_view(option: &Element) {
    let Some(list) = option.parent_element() else {
        return;
    };
    let (row, view) = (
        option.get_bounding_client_rect(),
        list.get_bounding_client_rect(),
    );
    let (over, under) = (view.top() - row.top(), row.bottom() - view.bottom());
    let by = if over > 0.0 { -over } else { under.max(0.0) };
    list.scroll_by_with_x_and_y(0.0, by);
}

/// Puts the list above its box, or below it where there is no room above.
fn place(list: &str) {
    let Some(list) = document().get_element_by_id(list) else {
        return;
    };
    let around = list.closest(".composer-box, .edit").ok().flatten();
    let Some((around, list)) = around.zip(wasm_bindgen::JsCast::dyn_ref::<HtmlElement>(&list))
    else {
        return;
    };
    let around = around.get_bounding_client_rect();
    let (_, height) = window_size();
    let above = around.top() - 2.0 * GAP;
    let (edge, room, at) = if above >= MIN_HEIGHT {
        ("bottom", above, height - around.top() + GAP)
    } else {
        (
            "top",
            height - around.bottom() - 2.0 * GAP,
            around.bottom() + GAP,
        )
    };
    let style = HtmlElement::style(list);
    for (name, value) in [
        (edge, at),
        ("left", around.left()),
        ("width", around.width().min(400.0)),
        ("max-height", room.min(MAX_HEIGHT)),
    ] {
        let _ = style.set_property(name, &format!("{value}px"));
    }
}
