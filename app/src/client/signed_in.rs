//! Who is signed in in this browser. Its tabs share one session cookie, so a page whose user signs out in
//! another tab, or where somebody else signs in, must neither show anything any more nor send what is
//! typed into it.

use super::{ChatClient, browser, connection};
use crate::{erased_signal::effect, store::ConnectionStatus};
use model::UserId;

/// The key of `localStorage` with the id of the user who is signed in; absent after signing out.
const SIGNED_IN: &str = "parlance:signed-in";

impl ChatClient {
    /// Tells the other tabs who is signed in, and ends this page when another tells of somebody else or
    /// the server accepts the session no longer.
    pub(super) fn watch_signed_in(self) {
        let me = self.my_id().to_string();
        browser::store(SIGNED_IN, &me);
        // A browser may deny access to the storage.
        if browser::stored(SIGNED_IN).as_deref() == Some(&me) {
            browser::on_storage_change(move || match browser::stored(SIGNED_IN) {
                Some(user) if user == me => {}
                Some(_) => self.end_page(),
                None => {
                    self.clear_and_disconnect();
                    self.end_page();
                }
            });
        }
        let status = self.connection_status();
        effect(move || {
            if status.get() == ConnectionStatus::SignedOut {
                self.end_page();
            }
        });
    }

    /// Tells the other tabs that the user signs out.
    pub(super) fn forget_signed_in(self) {
        if browser::stored(SIGNED_IN) == Some(self.my_id().to_string()) {
            browser::remove_stored(SIGNED_IN);
        }
    }

    /// Whether the socket has connected as this user. It connects with the cookie of the browser, which
    /// may have become somebody else's: then the page ends.
    pub(super) fn is_still_me(self, user_id: UserId) -> bool {
        let is_me = user_id == self.my_id();
        if !is_me {
            self.end_page();
        }
        is_me
    }

    /// Puts a note in the place of everything that can be read. Drafts and outbox stay in the storage of
    /// this browser, for when their user signs in again.
    fn end_page(self) {
        connection::disconnect();
        self.set_connection_status(ConnectionStatus::SignedOut);
        browser::show_signed_out();
    }

    pub(super) fn my_id(self) -> UserId {
        self.store.with_untracked(|store| store.me.user.id)
    }
}
