//! Resync: fetching changes that were missed, by the sequence number of each conversation.

use super::{
    ChatClient, backoff, browser,
    connection::{self, RequestError, with_state},
};
use crate::store::{ChatStore, ConnectionStatus, Map};
use model::{ConversationId, ErrorCode, Event, Sync};
use serde::{Deserialize, Serialize};

/// The payload of `sync`, as `model::SyncRequest`.
#[derive(Serialize)]
struct SyncPayload {
    conversations: Map<ConversationId, i64>,
}

/// The acknowledgement of `sync`, as `model::Sync`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SyncAck {
    #[serde(alias = "items")]
    changes: Vec<Event>,
    has_more: bool,
}

impl ChatClient {
    /// Fetches all changes after the sequence numbers that the store has. The error is the seconds
    /// before another attempt, 0 if the server named none.
    pub(super) async fn sync(self) -> Result<(), u32> {
        loop {
            let conversations = self.store.with_untracked(ChatStore::known_seqs);
            let ack =
                connection::emit_with_ack::<SyncAck>("sync", &SyncPayload { conversations }).await;
            let has_more = match ack {
                Ok(ack) => {
                    let has_more = ack.has_more;
                    self.store.update(|store| {
                        store.apply_sync(Sync {
                            items: ack.changes,
                            has_more,
                        });
                    });
                    has_more
                }
                Err(RequestError::Rejected(error)) => {
                    if error.code == ErrorCode::Unauthenticated {
                        self.set_connection_status(ConnectionStatus::SignedOut);
                    }
                    return Err(error.retry_after.unwrap_or_default());
                }
                Err(RequestError::NoAck) => return Err(0),
            };
            if !has_more {
                return Ok(());
            }
        }
    }

    /// Schedules a resync if the store has a gap. It does nothing if the gap closes by itself within
    /// the first delay (250 to 500 ms).
    pub(super) fn resync_if_behind(self) {
        if self.store.with_untracked(ChatStore::is_behind) {
            self.schedule_resync(0, 0);
        }
    }

    /// Repeats `sync` with backoff until it succeeds and the store has no gap; at most one such loop
    /// runs. After a failure it syncs even if the store knows of no gap: the missed change may be
    /// the newest.
    pub(super) fn schedule_resync(self, failures: u32, retry_after: u32) {
        if with_state(|state| std::mem::replace(&mut state.resyncing, true)) {
            return;
        }
        browser::spawn(async move {
            let (mut failures, mut retry_after) = (failures, retry_after);
            loop {
                backoff::sleep(failures, retry_after).await;
                let is_due = self.store.with_untracked(|store| {
                    store.connection_status() == ConnectionStatus::Online
                        && (failures > 0 || store.is_behind())
                });
                if !is_due {
                    break;
                }
                let synced = self.sync().await;
                if synced.is_ok() && !self.store.with_untracked(ChatStore::is_behind) {
                    break;
                }
                retry_after = synced.err().unwrap_or_default();
                failures += 1;
            }
            with_state(|state| state.resyncing = false);
        });
    }
}
