//! Sorts what was sent into the index of the search, so that no sender has to.

use crate::Chat;
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// What comes within this time is sorted at once; a search reads through it meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

/// Whether somebody is about to sort.
#[derive(Default)]
pub struct Sorting(AtomicBool);

impl Chat {
    pub(super) fn sort_soon(&self) {
        if self.0.writer.sorting.0.swap(true, Relaxed) {
            return;
        }
        let chat = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(PAUSE).await;
            chat.0.writer.sorting.0.store(false, Relaxed);
            if chat.0.db.is_closed() {
                return;
            }
            let sorted = sqlx::query_scalar!("select gin_clean_pending_list('messages_body_trgm')")
                .fetch_one(&chat.0.db)
                .await;
            if let Err(error) = sorted {
                tracing::warn!(?error, "the index of the search could not be sorted");
            }
        });
    }
}
