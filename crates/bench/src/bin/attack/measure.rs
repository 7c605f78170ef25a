//! Memory of the server during the attacks.

use bench::process_stats;
use std::time::Duration;
use tokio::{sync::oneshot, task::JoinHandle, time::interval};

const INTERVAL: Duration = Duration::from_millis(500);

/// Watches a process until `end`.
pub struct Memory {
    before: u64,
    end: oneshot::Sender<()>,
    task: JoinHandle<u64>,
}

/// Resident memory, in kB.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    pub before: u64,
    pub peak: u64,
}

impl Memory {
    pub fn watch(pid: u32) -> Self {
        let (end, mut ended) = oneshot::channel();
        let before = process_stats::memory(pid).rss;
        let task = tokio::spawn(async move {
            let (mut ticks, mut peak) = (interval(INTERVAL), before);
            loop {
                tokio::select! {
                    _ = &mut ended => return peak,
                    _ = ticks.tick() => peak = peak.max(process_stats::memory(pid).rss),
                }
            }
        });
        Self { before, end, task }
    }

    pub async fn end(self) -> Growth {
        // The task waits for it.
        let _ = self.end.send(());
        Growth {
            before: self.before,
            peak: self.task.await.unwrap_or(u64::MAX),
        }
    }
}
