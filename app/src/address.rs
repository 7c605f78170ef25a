//! Where the reader is: the path of the page, which links, keys and the way back change.

use crate::signals::{Var, effect};
use leptos::{ev, prelude::*};
use model::ConversationId;
use wasm_bindgen::{JsCast, JsValue};

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Inbox,
    Conversation(ConversationId),
    New,
    Settings,
}

impl Place {
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Inbox),
            "/new" => Some(Self::New),
            "/settings" => Some(Self::Settings),
            _ => Some(Self::Conversation(path.strip_prefix("/c/")?.parse().ok()?)),
        }
    }

    /// The settings are read when their page is painted: only the server leads there.
    fn is_at_hand(self) -> bool {
        self != Self::Settings
    }
}

#[derive(Clone, Copy)]
pub struct Address(Var<Place>);

pub fn provide_address(place: Place) -> Address {
    let address = Address(Var::new(place));
    provide_context(address);
    // An effect, so that the handlers of the page itself come first, and may keep a click.
    effect(move || {
        window_event_listener(ev::click, move |event| address.follow(&event));
        window_event_listener(ev::popstate, move |_| address.arrive());
    });
    address
}

pub fn use_address() -> Address {
    expect_context()
}

impl Address {
    pub fn place(self) -> Place {
        self.0.get()
    }

    /// The conversation that is open.
    pub fn conversation(self) -> Option<ConversationId> {
        match self.place() {
            Place::Conversation(id) => Some(id),
            _ => None,
        }
    }

    pub fn go(self, path: &str) {
        if let Ok(history) = window().history() {
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(path));
        }
        self.arrive();
    }

    /// The address of the browser has changed.
    fn arrive(self) {
        let location = window().location();
        match location.pathname().ok().as_deref().and_then(Place::of) {
            Some(place) if place.is_at_hand() || self.0.get_untracked() == place => {
                self.0.set(place);
            }
            _ => drop(location.reload()),
        }
    }

    /// A plain click on a link to a page that this one can become.
    fn follow(self, event: &ev::MouseEvent) {
        let plain = event.button() == 0
            && !(event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key());
        if !plain || event.default_prevented() {
            return;
        }
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("a").ok().flatten());
        let path = link.and_then(|link| link.get_attribute("href"));
        if let Some(path) = path
            && Place::of(&path).is_some_and(Place::is_at_hand)
        {
            event.prevent_default();
            self.go(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;
    use model::ConversationId;

    #[test]
    fn knows_the_places_by_their_paths() {
        let open = Place::Conversation(ConversationId(42));
        for (path, place) in [
            ("/", Some(Place::Inbox)),
            ("/c/42", Some(open)),
            ("/new", Some(Place::New)),
            ("/settings", Some(Place::Settings)),
            ("/c/x", None),
            ("/c", None),
            ("/nothing", None),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }
}
