//! What an operator is told of files: how many bytes they have, and whether a bucket answers.

use super::outage::RETRY_INTERVAL;
use crate::Chat;
use metrics::gauge;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks at the sum, and at a bucket that answers. One that does not is asked every two seconds.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

impl Chat {
    /// Whether the last request to the bucket of the files had an answer; `None` where they are in no bucket.
    pub fn bucket_answers(&self) -> Option<bool> {
        self.0.uploads.settings.store.answers()
    }

    /// Measures the files, and asks whether their store is there, until it is aborted.
    pub async fn keep_files_watched(&self) {
        let uploads = &self.0.uploads.settings;
        set(
            "parlance_upload_limit_bytes",
            uploads.total_bytes.unwrap_or(0),
        );
        let mut measured_at: Option<Instant> = None;
        loop {
            if measured_at.is_none_or(|at| at.elapsed() >= LOOK_INTERVAL) {
                match self.upload_bytes().await {
                    Ok(bytes) => set("parlance_upload_bytes", bytes),
                    Err(error) => tracing::debug!(%error, "files are measured later"),
                }
                measured_at = Some(Instant::now());
            }
            let is_there = uploads.store.look().await;
            set("parlance_upload_store_up", i64::from(is_there));
            sleep(if is_there {
                LOOK_INTERVAL
            } else {
                RETRY_INTERVAL
            })
            .await;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric")]
fn set(name: &'static str, value: i64) {
    gauge!(name).set(value as f64);
}
