//! The browser's connection: one handle for the components, inert where there is no browser.

mod account;
mod backoff;
#[cfg(all(feature = "hydrate", target_arch = "wasm32"))]
mod browser;
#[cfg(not(all(feature = "hydrate", target_arch = "wasm32")))]
#[path = "live/nowhere.rs"]
mod browser;
mod conversations;
mod drafts;
mod messages;
mod outbox;
mod receipts;
mod rest;
mod resume;
mod typing;
mod wires;

pub use browser::{lowercase, spawn};

use crate::{
    signals::{Derived, Var, derived, effect},
    store::{ChatStore, InitialState, LinkState},
};
use leptos::prelude::*;
use model::PresenceChoice;

/// The handle to the store and to the server. Cheap to copy; lives in context.
#[derive(Clone, Copy)]
pub struct Live {
    pub store: Var<ChatStore>,
}

/// Makes the handle of this page from what the server knew, and in the browser connects.
pub fn provide_live(initial: InitialState) -> Live {
    let make = move || Live {
        store: Var::new(ChatStore::new(initial)),
    };
    if cfg!(feature = "ssr") {
        let live = make();
        provide_context(live);
        return live;
    }
    // What waits for an answer may outlive the page that asked: the store stays for it.
    let here = Owner::current();
    let outlives = Owner::new_root(None);
    // A new root makes itself the current owner, and has none of this page's contexts.
    if let Some(here) = here {
        here.set();
    }
    let live = outlives.with(make);
    std::mem::forget(outlives);
    provide_context(live);
    // An effect, because the page must first be what the server has painted.
    effect(move || live.start());
    on_cleanup(move || live.end());
    live
}

pub fn use_live() -> Live {
    expect_context()
}

impl Live {
    pub fn link(self) -> Derived<LinkState> {
        derived(move || self.store.with(ChatStore::link))
    }

    /// What others shall see of me.
    pub fn set_presence(self, choice: PresenceChoice) {
        wires::emit("presence:set", &wires::PresenceSet { status: choice });
    }

    /// Takes drafts and outbox from this browser, and hangs up: call it when signing out.
    pub fn forget(self) {
        wires::hang_up();
        self.store.update(|store| store.outbox.clear());
        self.clear_storage();
    }
}
