//! Flush queue: connections with unwritten frames. Immediate ones are flushed by as many tasks as there
//! are cores; deferred ones when their window ends, or with the next immediate frame.

use super::{connection::Connection, write_queue::FlushPriority};
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

/// After this time a deferred frame is flushed without an immediate one: about 100 ms after the first
/// of its window was scheduled, and later under load, as immediate frames are flushed first.
const DEFER_WINDOW: Duration = Duration::from_millis(100);

/// Connections that a task flushes before it yields. Up to this many are flushed by the dispatcher
/// itself, without waking a writer on another core.
const CONNECTIONS_PER_ROUND: usize = 32;

/// Connections to be flushed, each with the priority of its most urgent frame.
pub type PendingFlushes = Vec<(Connection, FlushPriority)>;

/// Clones share the queue.
#[derive(Clone, Default)]
pub struct FlushQueue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    lists: Mutex<FlushLists>,
    /// There is work for a writer.
    work_available: Notify,
    /// No immediate flush is left in the queue.
    drained: Notify,
}

#[derive(Default)]
struct FlushLists {
    immediate: VecDeque<Connection>,
    /// Connections in the current window, which the first of them has opened.
    deferred: Vec<Connection>,
    window_end: Option<Instant>,
    /// Connections whose window has ended.
    expired: Vec<Connection>,
}

impl FlushQueue {
    /// Starts one writer per core; they stop when the set is dropped. A connection that gets more
    /// frames before its flush comes is flushed once for all of them.
    pub fn spawn_writers(&self) -> JoinSet<()> {
        let mut writers = JoinSet::new();
        for _ in 0..cores() {
            let queue = self.clone();
            writers.spawn(async move { queue.run_writer().await });
        }
        writers
    }

    /// Takes over the flushes. A few immediate ones are done here and now.
    pub fn schedule(&self, pending: &mut PendingFlushes) {
        let immediate =
            pending.extract_if(.., |(_, priority)| *priority == FlushPriority::Immediate);
        let immediate: Vec<_> = immediate.map(|(connection, _)| connection).collect();
        let deferred = pending.drain(..).map(|(connection, _)| connection);
        let mut lists = self.lists();
        let mut wakeups = 0;
        if deferred.len() > 0 {
            lists.deferred.extend(deferred);
            if lists.window_end.is_none() {
                lists.window_end = Some(Instant::now() + DEFER_WINDOW);
                wakeups = 1;
            }
        }
        if immediate.len() <= CONNECTIONS_PER_ROUND && lists.immediate.is_empty() {
            drop(lists);
            immediate.iter().for_each(Connection::flush);
        } else {
            let rounds = immediate.len().div_ceil(CONNECTIONS_PER_ROUND);
            wakeups = rounds.clamp(wakeups, cores());
            lists.immediate.extend(immediate);
            drop(lists);
        }
        for _ in 0..wakeups {
            self.0.work_available.notify_one();
        }
    }

    /// Whether a writer has taken every immediate flush.
    pub fn is_drained(&self) -> bool {
        self.lists().immediate.is_empty()
    }

    /// Waits until a writer has taken every immediate flush.
    pub async fn drained(&self) {
        loop {
            let drained = self.0.drained.notified();
            if self.is_drained() {
                return;
            }
            drained.await;
        }
    }

    async fn run_writer(&self) {
        loop {
            let connections = self.next_round();
            if connections.is_empty() {
                self.wait_for_work().await;
                continue;
            }
            connections.iter().for_each(Connection::flush);
            yield_now().await;
        }
    }

    /// Takes the next connections: immediate ones first, then those whose window has ended.
    fn next_round(&self) -> Vec<Connection> {
        let mut lists = self.lists();
        let count = lists.immediate.len().min(CONNECTIONS_PER_ROUND);
        if count > 0 {
            let connections = lists.immediate.drain(..count).collect();
            if lists.immediate.is_empty() {
                self.0.drained.notify_waiters();
            }
            return connections;
        }
        if lists.window_end.is_some_and(|end| end <= Instant::now()) {
            lists.window_end = None;
            let deferred = std::mem::take(&mut lists.deferred);
            lists.expired.extend(deferred);
        }
        let left = lists.expired.len().saturating_sub(CONNECTIONS_PER_ROUND);
        lists.expired.drain(left..).collect()
    }

    async fn wait_for_work(&self) {
        let window_end = self.lists().window_end;
        let window_ended = async {
            match window_end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.0.work_available.notified() => {}
            () = window_ended => {}
        }
    }

    fn lists(&self) -> MutexGuard<'_, FlushLists> {
        self.0.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
