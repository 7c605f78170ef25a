//! What is open of finding, and what it is to show.

use crate::{
    erased_signal::{ErasedSignal, effect},
    router::{Router, use_router},
    ui::focus_first,
};
use leptos::{ev, prelude::*};
use model::{ConversationId, MessageId, UserId};
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// What the search panel begins with each time that it is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchStart {
    pub text: String,
    /// Only in this conversation.
    pub within: Option<ConversationId>,
}

/// Whose card is shown, and the place on the page that was clicked: its left and right edge, its top and its
/// bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CardPlace {
    pub user: UserId,
    pub around: [f64; 4],
}

thread_local! {
    /// What had the focus when the search panel was opened.
    static OPENER: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
}

#[derive(Clone, Copy)]
pub struct Finding {
    router: Router,
    pub palette: ErasedSignal<bool>,
    pub channels: ErasedSignal<bool>,
    pub people: ErasedSignal<bool>,
    pub card: ErasedSignal<bool>,
    pub card_place: ErasedSignal<Option<CardPlace>>,
    /// Whether the search panel is open.
    pub(super) search: ErasedSignal<bool>,
    pub search_start: ErasedSignal<SearchStart>,
    /// On narrow pages the panel makes room for the message that was jumped to, and for a thread where there is
    /// no room for both, and comes back.
    pub search_away: ErasedSignal<bool>,
}

pub fn provide_finding() -> Finding {
    let finding = Finding {
        router: use_router(),
        palette: ErasedSignal::new(false),
        channels: ErasedSignal::new(false),
        people: ErasedSignal::new(false),
        card: ErasedSignal::new(false),
        card_place: ErasedSignal::new(None),
        search: ErasedSignal::new(false),
        search_start: ErasedSignal::new(SearchStart::default()),
        search_away: ErasedSignal::new(false),
    };
    provide_context(finding);
    effect(move || {
        window_event_listener(ev::click, move |event| {
            let element = event.target().and_then(|it| it.dyn_into().ok());
            finding.show_card_of(element);
        });
    });
    finding
}

pub fn use_finding() -> Finding {
    expect_context()
}

impl Finding {
    pub fn open_search(self, text: &str, within: Option<ConversationId>) {
        self.search_start.set(SearchStart {
            text: text.to_owned(),
            within,
        });
        self.search_away.set(false);
        if !self.search.get_untracked() {
            let opener = document().active_element();
            OPENER.set(opener.and_then(|it| it.dyn_into().ok()));
            self.search.set(true);
        }
    }

    /// The focus goes back to where it was, or to the composer.
    pub fn close_search(self) {
        self.search.set(false);
        self.search_away.set(false);
        focus_first(".finder");
        focus_first("#composer");
        let opener = OPENER
            .take()
            .filter(|it| it.is_connected() && it.tag_name() != "BODY");
        if let Some(opener) = opener {
            let _ = opener.focus();
        }
    }

    /// Whether the search panel is open, and has not made room.
    pub fn is_search_shown(self) -> bool {
        self.search.get() && !self.search_away.get()
    }

    /// Closes the search panel without moving the focus: another panel takes its place.
    pub fn hide_search(self) {
        if self.search.get_untracked() {
            self.search.set(false);
            self.search_away.set(false);
        }
    }

    /// The search panel makes room for another panel, or comes back.
    pub fn put_search_away(self, away: bool) {
        if self.search.get_untracked() && self.search_away.get_untracked() != away {
            self.search_away.set(away);
        }
    }

    pub fn close_dialogs(self) {
        for dialog in [self.palette, self.channels, self.people, self.card] {
            if dialog.get_untracked() {
                dialog.set(false);
            }
        }
    }

    /// Shows the card of the user whose face or name, marked by `data-user`, an element is in.
    pub fn show_card_of(self, element: Option<web_sys::Element>) {
        let marked = element.and_then(|it| it.closest("[data-user]").ok().flatten());
        let place = marked.and_then(|it| {
            let user = it.get_attribute("data-user")?.parse().ok()?;
            // A face is in an element without a box of its own.
            let shown = it.first_element_child().unwrap_or(it);
            let around = shown.get_bounding_client_rect();
            let around = [around.left(), around.right(), around.top(), around.bottom()];
            Some(CardPlace { user, around })
        });
        if place.is_some() {
            self.card_place.set(place);
            self.card.set(true);
        }
    }

    /// Opens a message in its conversation.
    pub fn show_message(self, conversation: ConversationId, message: MessageId) {
        self.router
            .navigate(&format!("/c/{conversation}/m/{message}"));
    }
}
