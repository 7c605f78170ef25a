//! The handle of a page: its store, and the methods of the other files of this folder.

use super::page_store::PageStore;
use crate::{
    erased_signal::{ErasedMemo, memo},
    store::{ChatStore, ConnectionStatus, Key},
};
use leptos::prelude::expect_context;

/// A handle to the store and the server of a page. `Copy`; components take it from the context.
#[derive(Clone, Copy)]
pub struct ChatClient {
    pub store: PageStore,
}

/// The handle that `provide_client` put into the context of this page.
pub fn use_client() -> ChatClient {
    expect_context()
}

impl ChatClient {
    pub fn connection_status(self) -> ErasedMemo<ConnectionStatus> {
        memo(move || self.store.with(&[Key::Link], ChatStore::connection_status))
    }

    /// Notifies the store's subscribers only if the status differs.
    pub(super) fn set_connection_status(self, status: ConnectionStatus) {
        if self.store.with_untracked(ChatStore::connection_status) != status {
            self.store
                .update(|store| store.set_connection_status(status));
        }
    }
}
