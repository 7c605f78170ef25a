//! The router of the browser: the route of the page, changed by links, keys and the browser's history.
//! Leptos' own router is not used, for its size in WebAssembly.

use crate::erased_signal::{ErasedSignal, effect};
use leptos::{ev, prelude::*};
use model::{ConversationId, MessageId};
use wasm_bindgen::{JsCast, JsValue};

/// The pages of a user who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Inbox,
    Conversation(ConversationId),
    /// A message in its conversation.
    Message(ConversationId, MessageId),
    /// The thread of a root, beside its conversation.
    Thread(ConversationId, MessageId),
    New,
    /// The threads that the user follows.
    Threads,
    /// The user's saved messages.
    Saved,
    /// The user's drafts, scheduled messages and reminders.
    Later,
    Settings,
}

impl Route {
    /// The route of a path; `None` if there is no such page.
    pub fn from_path(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Inbox),
            "/new" => Some(Self::New),
            "/threads" => Some(Self::Threads),
            "/saved" => Some(Self::Saved),
            "/later" => Some(Self::Later),
            "/settings" => Some(Self::Settings),
            _ => {
                let path = path.strip_prefix("/c/")?;
                if let Some((id, message)) = path.split_once("/m/") {
                    return Some(Self::Message(id.parse().ok()?, message.parse().ok()?));
                }
                if let Some((id, root)) = path.split_once("/t/") {
                    return Some(Self::Thread(id.parse().ok()?, root.parse().ok()?));
                }
                Some(Self::Conversation(path.parse().ok()?))
            }
        }
    }

    pub fn conversation(self) -> Option<ConversationId> {
        match self {
            Self::Conversation(id) | Self::Message(id, _) | Self::Thread(id, _) => Some(id),
            _ => None,
        }
    }

    /// The message that the route leads to.
    pub fn message(self) -> Option<MessageId> {
        match self {
            Self::Message(_, message) => Some(message),
            _ => None,
        }
    }

    /// The route without the place in its page.
    #[must_use]
    pub fn page(self) -> Self {
        match self {
            Self::Message(id, _) | Self::Thread(id, _) => Self::Conversation(id),
            other => other,
        }
    }

    /// Whether the browser can show the route without loading a document. The settings are page data,
    /// which only the server reads.
    fn is_client_side(self) -> bool {
        self != Self::Settings
    }
}

#[derive(Clone, Copy)]
pub struct Router(ErasedSignal<Route>);

pub fn provide_router(route: Route) -> Router {
    let router = Router(ErasedSignal::new(route));
    provide_context(router);
    // In an effect, so that the handlers of the page are registered first and can prevent a click.
    effect(move || {
        window_event_listener(ev::click, move |event| router.on_link_click(&event));
        window_event_listener(ev::popstate, move |_| {
            // The history may have moved within a page (`ui/back.rs`).
            if location_route() != Some(router.0.get_untracked()) {
                router.sync_with_location();
            }
        });
    });
    router
}

pub fn use_router() -> Router {
    expect_context()
}

impl Router {
    pub fn route(self) -> Route {
        self.0.get()
    }

    /// The conversation of the route.
    pub fn conversation(self) -> Option<ConversationId> {
        self.route().conversation()
    }

    /// The same without subscribing.
    pub fn conversation_untracked(self) -> Option<ConversationId> {
        self.0.get_untracked().conversation()
    }

    /// The message of the route.
    pub fn message(self) -> Option<MessageId> {
        self.route().message()
    }

    /// Adds a path to the browser's history and shows its page.
    pub fn navigate(self, path: &str) {
        if let Ok(history) = window().history() {
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(path));
        }
        self.sync_with_location();
    }

    /// Takes the route from the browser's location. A route that is not client side is loaded from the
    /// server.
    fn sync_with_location(self) {
        match location_route() {
            Some(route) if route.is_client_side() || self.0.get_untracked() == route => {
                self.0.set(route);
            }
            _ => drop(window().location().reload()),
        }
    }

    /// Navigates on a plain click on a link to a client-side route. It leaves alone clicks with other
    /// buttons or modifier keys, which the browser handles, and those whose default a component has
    /// prevented.
    fn on_link_click(self, event: &ev::MouseEvent) {
        let plain = event.button() == 0
            && !(event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key());
        if !plain || event.default_prevented() {
            return;
        }
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("a").ok().flatten());
        let href = link.and_then(|link| link.get_attribute("href"));
        let origin = window().location().origin().unwrap_or_default();
        // Links in messages have the whole address.
        let path = href.map(|href| match href.strip_prefix(&origin) {
            Some(path) => path.to_owned(),
            None => href,
        });
        if let Some(path) = path
            && Route::from_path(&path).is_some_and(Route::is_client_side)
        {
            event.prevent_default();
            self.navigate(&path);
        }
    }
}

/// The route of the browser's location.
fn location_route() -> Option<Route> {
    Route::from_path(&window().location().pathname().ok()?)
}

#[cfg(test)]
mod tests {
    use super::Route;
    use model::{ConversationId, MessageId};

    #[test]
    fn parses_paths() {
        let open = Route::Conversation(ConversationId(42));
        for (path, route) in [
            ("/", Some(Route::Inbox)),
            ("/c/42", Some(open)),
            (
                "/c/42/m/7",
                Some(Route::Message(ConversationId(42), MessageId(7))),
            ),
            (
                "/c/42/t/7",
                Some(Route::Thread(ConversationId(42), MessageId(7))),
            ),
            ("/new", Some(Route::New)),
            ("/threads", Some(Route::Threads)),
            ("/saved", Some(Route::Saved)),
            ("/later", Some(Route::Later)),
            ("/settings", Some(Route::Settings)),
            ("/c/x", None),
            ("/c/42/m/", None),
            ("/c/42/m/x", None),
            ("/c/42/m/7/m/8", None),
            ("/c/x/m/7", None),
            ("/c", None),
            ("/nothing", None),
        ] {
            assert_eq!(Route::from_path(path), route, "{path}");
        }
    }
}
