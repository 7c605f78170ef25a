//! Resync: fetching changes that were missed, by the sequence number of each conversation. `resume` in
//! `lifecycle.rs` calls it after each connect.

use super::{
    ChatClient, backoff, browser,
    connection::{self, RequestError, with_state},
    work::{Task, run},
};
use crate::store::{ChatStore, ConnectionStatus, Map};
use model::{ConversationId, ErrorCode, Event, Receipt, Sender, Sync};
use serde::{Deserialize, Serialize};

/// An answer to `sync` that takes longer counts as lost.
const SYNC_TIMEOUT_MS: u32 = 10_000;

/// A server that does not answer for so long, after a sleep, is not there any more.
const PROBE_TIMEOUT_MS: u32 = 3_000;

/// Conversations whose receipts are in one answer.
const MAX_SYNCED_RECEIPTS: usize = 20;

/// The payload of `sync`, as `model::SyncRequest`.
#[derive(Serialize)]
struct SyncPayload {
    conversations: Map<ConversationId, i64>,
    /// The `time` of the last answer that was complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    receipts: Vec<ConversationId>,
}

/// The acknowledgement of `sync`, as `model::Sync`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SyncAck {
    /// The socket's name for the `items` of REST's `POST /sync`. Either name is read.
    #[serde(alias = "items")]
    changes: Vec<Event>,
    has_more: bool,
    #[serde(default)]
    profiles: Vec<Sender>,
    #[serde(default)]
    receipts: Vec<Receipt>,
    time: Option<String>,
}

/// Why a `sync` has failed, as far as the next attempt needs to know.
#[derive(Clone, Copy)]
pub(super) struct SyncError {
    is_unanswered: bool,
    /// Seconds until another attempt can succeed, if the server named them.
    retry_after: Option<u32>,
}

impl ChatClient {
    /// Fetches all changes after the sequence numbers that the store has.
    pub(super) async fn sync(self) -> Result<(), SyncError> {
        self.sync_within(SYNC_TIMEOUT_MS).await
    }

    /// The same, with the milliseconds that each answer may take.
    async fn sync_within(self, timeout_ms: u32) -> Result<(), SyncError> {
        // What changed without a seq since the last complete `sync`. The first answer's time is the next
        // `since`: what changes after it is in none of these answers.
        let since = with_state(|state| state.synced_at.clone());
        let mut watched = Vec::new();
        if since.is_some() {
            watched = self.store.with_untracked(ChatStore::watched);
        }
        let mut time = None;
        loop {
            let rest = watched.len().saturating_sub(MAX_SYNCED_RECEIPTS);
            let receipts = watched.split_off(rest);
            let is_due = time.is_none() || !receipts.is_empty();
            let payload = SyncPayload {
                conversations: self.store.with_untracked(ChatStore::known_seqs),
                since: since.clone().filter(|_| is_due),
                receipts,
            };
            let ack =
                connection::emit_with_ack_within::<SyncAck>(timeout_ms, "sync", &payload).await;
            let has_more = match ack {
                Ok(ack) => {
                    let has_more = ack.has_more;
                    time = time.or(ack.time);
                    self.store.update(|store| {
                        store.apply_sync(Sync {
                            items: ack.changes,
                            has_more,
                            profiles: ack.profiles,
                            receipts: ack.receipts,
                            time: None,
                        });
                    });
                    has_more
                }
                Err(RequestError::Rejected(error)) => {
                    if error.code == ErrorCode::Unauthenticated {
                        self.set_connection_status(ConnectionStatus::SignedOut);
                    }
                    return Err(SyncError {
                        retry_after: error.retry_after,
                        is_unanswered: false,
                    });
                }
                Err(RequestError::Unanswered) => {
                    return Err(SyncError {
                        retry_after: None,
                        is_unanswered: true,
                    });
                }
            };
            if !has_more && watched.is_empty() {
                with_state(|state| state.synced_at = time);
                return Ok(());
            }
        }
    }

    /// After a sleep the socket may be dead, which the client of Socket.IO would notice 45 s later. Asks for
    /// what was missed, and connects anew if no answer comes in `PROBE_TIMEOUT_MS`.
    pub(super) fn check_connection(self) {
        if with_state(|state| std::mem::replace(&mut state.probing, true)) {
            return;
        }
        browser::spawn(async move {
            let synced = self.sync_within(PROBE_TIMEOUT_MS).await;
            with_state(|state| state.probing = false);
            if synced.is_err_and(|error| error.is_unanswered) && connection::is_connected() {
                connection::restart();
            }
        });
    }

    /// Schedules a resync if the store has a gap. It does nothing if the gap closes by itself within
    /// the first delay (250 to 500 ms).
    pub(super) fn resync_if_behind(self) {
        if self.store.with_untracked(ChatStore::is_behind) {
            run(Task::Resync(self));
        }
    }

    /// Repeats `sync` with backoff until it succeeds and the store has no gap; at most one such loop
    /// runs. After a failure it syncs even if the store knows of no gap: the missed change may be
    /// the newest. `error`: of the attempt before, if there was one.
    pub(super) fn schedule_resync(self, failures: u32, error: Option<SyncError>) {
        if with_state(|state| std::mem::replace(&mut state.resyncing, true)) {
            return;
        }
        browser::spawn(async move {
            let (mut failures, mut error) = (failures, error);
            loop {
                let retry_after = error.and_then(|error| error.retry_after);
                backoff::sleep(failures, retry_after.unwrap_or_default()).await;
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
                error = synced.err();
                failures += 1;
            }
            with_state(|state| state.resyncing = false);
        });
    }
}
