//! Where something waits to be sent, and who sends it: at once, or in a moment, with whatever else
//! there is by then.

use super::line::{Haste, Line};
use std::{
    collections::VecDeque,
    num::NonZero,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use tokio::{
    sync::Notify,
    task::{JoinSet, yield_now},
    time::{Instant, sleep_until},
};

/// How long what can wait does so, unless something that cannot takes it along.
const MOMENT: Duration = Duration::from_millis(100);

/// ConnectionCount that are written to until others have their turn. So few need no second core.
const WRITTEN_AT_ONCE: usize = 32;

/// All clones are one.
#[derive(Clone, Default)]
pub struct Unsent(Arc<Shared>);

#[derive(Default)]
struct Shared {
    lists: Mutex<Lists>,
    /// There is something to do for a writer.
    more: Notify,
    /// Nothing urgent is left.
    done: Notify,
}

#[derive(Default)]
struct Lists {
    urgent: VecDeque<Line>,
    /// Since the first of them came, until its moment is over.
    waiting: Vec<Line>,
    due: Option<Instant>,
    /// Their moment is over.
    leaving: Vec<Line>,
}

impl Unsent {
    /// Writes as long as the answer is kept, on all cores. A line that is said more before its turn
    /// comes is written to once for all of it.
    pub fn write(&self) -> JoinSet<()> {
        let mut writers = JoinSet::new();
        for _ in 0..cores() {
            let unsent = self.clone();
            writers.spawn(async move { unsent.write_on().await });
        }
        writers
    }

    /// Sends by and by; a few lines at once.
    pub fn send(&self, lines: &mut Vec<(Line, Haste)>) {
        let urgent = lines.extract_if(.., |(_, haste)| *haste == Haste::Now);
        let urgent: Vec<_> = urgent.map(|(line, _)| line).collect();
        let waiting = lines.drain(..).map(|(line, _)| line);
        let mut lists = self.lists();
        let mut calls = 0;
        if waiting.len() > 0 {
            lists.waiting.extend(waiting);
            if lists.due.is_none() {
                lists.due = Some(Instant::now() + MOMENT);
                calls = 1;
            }
        }
        if urgent.len() <= WRITTEN_AT_ONCE && lists.urgent.is_empty() {
            drop(lists);
            urgent.iter().for_each(Line::flush);
        } else {
            calls = urgent.len().div_ceil(WRITTEN_AT_ONCE).clamp(calls, cores());
            lists.urgent.extend(urgent);
            drop(lists);
        }
        for _ in 0..calls {
            self.0.more.notify_one();
        }
    }

    /// Whether everybody has begun to be written to.
    pub fn is_done(&self) -> bool {
        self.lists().urgent.is_empty()
    }

    pub async fn done(&self) {
        loop {
            let done = self.0.done.notified();
            if self.is_done() {
                return;
            }
            done.await;
        }
    }

    async fn write_on(&self) {
        loop {
            let lines = self.take();
            if lines.is_empty() {
                self.wait().await;
                continue;
            }
            lines.iter().for_each(Line::flush);
            yield_now().await;
        }
    }

    /// The next lines: what is urgent comes first.
    fn take(&self) -> Vec<Line> {
        let mut lists = self.lists();
        let count = lists.urgent.len().min(WRITTEN_AT_ONCE);
        if count > 0 {
            let lines = lists.urgent.drain(..count).collect();
            if lists.urgent.is_empty() {
                self.0.done.notify_waiters();
            }
            return lines;
        }
        if lists.due.is_some_and(|due| due <= Instant::now()) {
            lists.due = None;
            let waiting = std::mem::take(&mut lists.waiting);
            lists.leaving.extend(waiting);
        }
        let left = lists.leaving.len().saturating_sub(WRITTEN_AT_ONCE);
        lists.leaving.drain(left..).collect()
    }

    async fn wait(&self) {
        let due = self.lists().due;
        let due = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.0.more.notified() => {}
            () = due => {}
        }
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
