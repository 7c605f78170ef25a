//! The client from the first page to its end: connecting, receiving events, resuming after a lost
//! connection, signing out.

use super::{
    ChatClient, backoff, browser,
    connection::{self, with_state},
    page_store::PageStore,
    socket_signal::SocketSignal,
    work::{Task, run},
};
use crate::{
    erased_signal::effect,
    json,
    store::{ChatStore, ConnectionStatus, InitialState},
};
use leptos::prelude::*;
use model::Event;
use std::rc::Rc;

/// Puts a client into the context, with a store filled from what the server read for this page. In
/// the browser it connects, and disconnects when the page is left.
pub fn provide_client(initial: InitialState) -> ChatClient {
    let new_client = move || ChatClient {
        store: PageStore::new(ChatStore::new(initial)),
    };
    if cfg!(feature = "ssr") {
        let client = new_client();
        provide_context(client);
        return client;
    }
    // Requests may be answered after the page that sent them is gone: the store is owned by a root
    // that is never disposed.
    let page_owner = Owner::current();
    let store_owner = Owner::new_root(None);
    // `new_root` makes itself the current owner, which has none of this page's contexts.
    if let Some(page_owner) = page_owner {
        page_owner.set();
    }
    let client = store_owner.with(new_client);
    std::mem::forget(store_owner);
    provide_context(client);
    // In an effect: hydration must first meet the page as the server rendered it.
    effect(move || client.start());
    on_cleanup(move || client.stop());
    client
}

impl ChatClient {
    fn start(self) {
        self.watch_signed_in();
        self.restore_outbox();
        self.persist_outbox();
        connection::connect(Rc::new(move |signal| self.on_socket_signal(signal)));
        browser::on_wake(move || {
            if connection::is_connected() {
                run(Task::CheckConnection(self));
            } else {
                connection::restart();
            }
        });
    }

    /// Requests of this page that are still running find no connection afterwards.
    fn stop(self) {
        connection::disconnect();
        self.set_connection_status(ConnectionStatus::Offline);
    }

    /// Disconnects, tells the other tabs, and removes drafts and outbox from this browser: for signing
    /// out.
    pub fn clear_and_disconnect(self) {
        self.forget_signed_in();
        connection::disconnect();
        self.store.update(|store| store.outbox_mut().clear());
        self.clear_storage();
    }

    fn on_socket_signal(self, signal: SocketSignal) {
        if !matches!(signal, SocketSignal::Event(_)) {
            self.apply_received();
        }
        match signal {
            // Those of the personal sequence are for a chunk, which reads what was told before it came. A server
            // that is newer than this page may send events that it does not know. One with a sequence number
            // leaves a gap, and a response of `sync` that has it counts as unanswered: `sync` is then repeated,
            // every 30 s at last, until the page is loaded anew.
            SocketSignal::Event(json) => {
                if let Some(event) = json::read(&json) {
                    self.on_event(event);
                } else if let Some(hear) = with_state(|state| state.on_other_event.clone()) {
                    hear(&json);
                }
            }
            SocketSignal::Disconnected => self.set_connection_status(ConnectionStatus::Offline),
            // Signed out, blocked, or without a second factor that is to be set up first: reconnecting would be denied again.
            SocketSignal::Denied(Some(code))
                if matches!(
                    &*code,
                    "unauthenticated" | "forbidden" | "two_factor_setup_required"
                ) =>
            {
                self.set_connection_status(ConnectionStatus::SignedOut);
            }
            SocketSignal::Denied(_) => {
                self.set_connection_status(ConnectionStatus::Offline);
                let denials = with_state(|state| {
                    state.consecutive_denials += 1;
                    state.consecutive_denials
                });
                browser::spawn(async move {
                    backoff::sleep(denials, 0).await;
                    connection::reconnect();
                });
            }
        }
    }

    fn on_event(self, event: Event) {
        if let Event::Ready { user, .. } = &event
            && !self.is_still_me(user.user.id)
        {
            return;
        }
        let is_ready = matches!(event, Event::Ready { .. });
        self.record_delivered(&event);
        with_state(|state| state.received.push(event));
        if is_ready {
            self.apply_received();
            self.set_connection_status(ConnectionStatus::Online);
            with_state(|state| state.is_live = true);
            run(Task::Resume(self));
        } else if !with_state(|state| std::mem::replace(&mut state.awaits_frame, true)) {
            // An event that comes alone is applied at once, and those that follow within the frame together.
            self.apply_received();
            browser::spawn(async move {
                loop {
                    browser::next_frame().await;
                    if with_state(|state| state.received.is_empty()) {
                        break;
                    }
                    self.apply_received();
                }
                with_state(|state| state.awaits_frame = false);
            });
        }
    }

    /// Applies the events that wait, in one update of the store.
    fn apply_received(self) {
        let received = with_state(|state| std::mem::take(&mut state.received));
        if received.is_empty() {
            return;
        }
        self.store.update(|store| {
            for event in received {
                store.apply(event);
            }
        });
        self.resync_if_behind();
    }

    /// After every connect: fetches what was missed, then reports and sends what waited here.
    pub(super) async fn resume(self) {
        with_state(|state| {
            state.consecutive_denials = 0;
            state.send_backoff.reset();
        });
        if let Err(error) = self.sync().await {
            // If the connection died again, the next `ready` calls this function again.
            self.store.update(|store| {
                if store.connection_status() == ConnectionStatus::Online {
                    store.note_fetched(false);
                }
            });
            self.schedule_resync(1, Some(error));
        }
        browser::spawn(async move {
            let _ = self.load_thread_states().await;
            let _ = self.load_saved().await;
        });
        self.record_all_delivered();
        self.schedule_report();
        self.flush_outbox();
        // Without them the list is as it was.
        let _ = self.load_favorites().await;
    }
}
