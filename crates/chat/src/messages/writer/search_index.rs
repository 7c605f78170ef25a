//! Keeps the pending list of the search index short, so that no sender has to flush it.
//!
//! A GIN index with `fastupdate` collects new entries in a pending list, which searches read
//! sequentially. The insert that makes the list longer than `gin_pending_list_limit` would flush it
//! in the foreground (manual of Postgres, "GIN Fast Update Technique").

use crate::Chat;
use std::time::Duration;

/// Delay from the first message to the flush. Messages that come within it share the flush.
const FLUSH_DELAY: Duration = Duration::from_millis(500);

impl Chat {
    /// Flushes the pending list after `FLUSH_DELAY`, unless that is scheduled already. A failure is
    /// logged only: the next flush, or autovacuum, makes up for it.
    pub(super) fn schedule_index_flush(&self) {
        if !self.0.writer.index_flush.schedule() {
            return;
        }
        let chat = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(FLUSH_DELAY).await;
            chat.0.writer.index_flush.begin();
            if chat.0.db.is_closed() {
                return;
            }
            let flushed = sqlx::query_scalar!("select flush_pending_list('messages_body_trgm')")
                .fetch_one(&chat.0.db)
                .await;
            if let Err(error) = flushed {
                tracing::warn!(
                    ?error,
                    "the pending list of the search index was not flushed"
                );
            }
        });
    }
}
