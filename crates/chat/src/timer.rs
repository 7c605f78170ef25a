//! The timer: what is due at a time, scheduled messages, reminders and the ends of polls, is done then, by whichever node
//! comes first.

use crate::{Chat, Error, Result};
use std::time::Duration;
use tokio::time::sleep;

/// Longest sleep, within which a node learns what another one has scheduled. A look reads the first entries
/// of five indexes.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Shortest sleep: while another node has locked what is due.
const MIN_SLEEP: Duration = Duration::from_millis(100);

impl Chat {
    /// Does what is due at its time, until it is aborted.
    pub async fn keep_time(&self) {
        loop {
            let pause = match self.do_due().await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(%error, "what is due is done later");
                    LOOK_INTERVAL
                }
            };
            sleep(pause).await;
        }
    }

    /// Does what is due now. Returns how long nothing more is, as far as this node knows.
    pub async fn do_due(&self) -> Result<Duration> {
        let messages = async {
            while self.send_due_messages().await? {}
            while self.tell_due_reminders().await? {}
            Ok::<_, Error>(())
        };
        // These wait for the locks of conversations, and are not to keep messages waiting.
        let polls = async {
            self.close_due_polls().await?;
            while self.tell_late_votes().await? {}
            Ok::<_, Error>(())
        };
        let (messages, polls) = tokio::join!(messages, polls);
        messages?;
        polls?;
        let next = sqlx::query_scalar!(
            "select extract(epoch from least(
                (select min(attempt_at) from scheduled_messages where state = 'scheduled'),
                (select min(attempt_with_files_at) from scheduled_messages where state = 'scheduled'),
                (select min(remind_at) from reminders where state = 'waiting'),
                (select min(closes_at) from polls where closed_at is null and closes_at > clock_timestamp())
            ) - clock_timestamp())::float8"
        )
        .fetch_one(&self.0.db)
        .await?;
        let next = next.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
        Ok(next
            .unwrap_or(LOOK_INTERVAL)
            .clamp(MIN_SLEEP, LOOK_INTERVAL))
    }
}
