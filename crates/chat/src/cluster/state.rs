//! `Cluster`: the state of this node as a member of a cluster, and its outbound queue.

use super::{
    failure_detector::FailureDetector,
    message::BusMessage,
    node_id::NodeId,
    sequencer::{Deliveries, Origin, Sequencer},
};
use crate::{
    events::{ChangeSet, LocalBus},
    timings::ClusterTimings,
};
use ::redis::aio::MultiplexedConnection;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
};

/// Messages that wait to be sent to the other nodes. Beyond it they are dropped and counted.
const OUTBOX_CAPACITY: usize = 8192;

pub struct Cluster {
    pub node_id: NodeId,
    pub(super) timings: ClusterTimings,
    pub(super) local_bus: LocalBus,
    pub(super) sequencer: Mutex<Sequencer>,
    outbox: mpsc::Sender<BusMessage>,
    /// Messages that were dropped since the last one that was sent.
    dropped: AtomicU64,
    pub(super) peers: Mutex<FailureDetector>,
    /// `Some` while the node is connected to Redis.
    connection: Mutex<Option<MultiplexedConnection>>,
    /// Name of the channel and prefix of the keys in Redis. Empty until the database was asked.
    channel_name: Mutex<String>,
    /// When this node last received a packet of its own.
    pub(super) last_echo: Mutex<Instant>,
    /// Wakes the gap repair: a gap is due earlier than it knew.
    pub(super) gap_scheduled: Notify,
    /// Wakes the anti-entropy task before its interval is over.
    pub(super) reconcile_requested: Notify,
    /// The next reconciliation includes the access audit.
    pub(super) audit_pending: AtomicBool,
    /// The next tick sends a presence snapshot.
    pub(super) presence_snapshot_requested: AtomicBool,
    pub(super) leaving: AtomicBool,
    /// `NodeLeaving` was sent.
    pub(super) leave_sent: Notify,
    shutdown: watch::Sender<bool>,
    pub(super) tasks: Mutex<JoinSet<()>>,
}

impl Cluster {
    /// The cluster, and the queue of messages for the other nodes.
    pub fn new(timings: ClusterTimings) -> (Arc<Self>, mpsc::Receiver<BusMessage>) {
        let (outbox, messages) = mpsc::channel(OUTBOX_CAPACITY);
        let cluster = Self {
            node_id: NodeId::random(),
            timings,
            local_bus: LocalBus::default(),
            sequencer: Mutex::default(),
            outbox,
            dropped: 0.into(),
            peers: Mutex::new(FailureDetector::new(timings)),
            connection: Mutex::default(),
            channel_name: Mutex::default(),
            last_echo: Mutex::new(Instant::now()),
            gap_scheduled: Notify::new(),
            reconcile_requested: Notify::new(),
            audit_pending: false.into(),
            presence_snapshot_requested: false.into(),
            leaving: false.into(),
            leave_sent: Notify::new(),
            shutdown: watch::Sender::new(false),
            tasks: Mutex::default(),
        };
        (Arc::new(cluster), messages)
    }

    pub fn local_bus(&self) -> &LocalBus {
        &self.local_bus
    }

    /// Hands the change to this node's sequencer without waiting for Redis, and then queues it for
    /// the other nodes. The sequencer delivers it at once, unless there is a gap before it: then it
    /// waits up to `gap_grace`, and for the repair.
    pub fn publish(&self, change_set: ChangeSet) {
        let origin = Origin {
            node: self.node_id,
            is_local: true,
        };
        self.accept(change_set.clone(), origin);
        self.send(BusMessage::ChangeSet(Arc::new(change_set)));
    }

    /// Hands a change to the sequencer, which delivers it when its turn comes.
    pub(super) fn accept(&self, change_set: ChangeSet, origin: Origin) {
        let grace = if self.is_up() {
            self.timings.gap_grace
        } else {
            Duration::ZERO
        };
        let due = Instant::now() + grace;
        self.sequence(|sequencer, out| sequencer.accept(change_set, origin, due, out));
    }

    /// Queues a message for the other nodes, without waiting. A full queue drops it.
    pub fn send(&self, message: BusMessage) {
        if self.outbox.try_send(message).is_err() {
            self.note_dropped(1);
        }
    }

    pub(super) fn note_dropped(&self, count: u64) {
        self.dropped.fetch_add(count, Relaxed);
        metrics::counter!("parlance_bus_dropped_total").increment(count);
    }

    /// The number of messages that were dropped since the last call.
    pub(super) fn take_dropped(&self) -> u64 {
        self.dropped.swap(0, Relaxed)
    }

    /// Runs `work` on the sequencer, and publishes to this node what it puts out, in that order.
    pub(super) fn sequence<T>(&self, work: impl FnOnce(&mut Sequencer, &mut Deliveries) -> T) -> T {
        let mut out = Deliveries::new();
        let mut sequencer = lock(&self.sequencer);
        let due = sequencer.next_due();
        let result = work(&mut sequencer, &mut out);
        // Under the lock: deliveries of another thread must not come in between.
        for delivery in out {
            self.local_bus.publish(delivery);
        }
        let is_sooner = match (due, sequencer.next_due()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(now)) => now < before,
        };
        drop(sequencer);
        if is_sooner {
            self.gap_scheduled.notify_one();
        }
        result
    }

    /// Returns whether the node is connected to Redis.
    pub fn is_up(&self) -> bool {
        lock(&self.connection).is_some()
    }

    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        lock(&self.connection).clone()
    }

    pub(super) fn channel_name(&self) -> String {
        lock(&self.channel_name).clone()
    }

    pub(super) fn set_channel_name(&self, name: String) {
        *lock(&self.channel_name) = name;
    }

    /// Redis is connected and the channel subscribed to: asks the others who is connected there,
    /// and checks what was missed meanwhile.
    pub(super) fn connected(&self, connection: MultiplexedConnection) {
        *lock(&self.last_echo) = Instant::now();
        lock(&self.peers).restart_timeouts(Instant::now());
        *lock(&self.connection) = Some(connection);
        metrics::gauge!("parlance_bus_up").set(1);
        self.send(BusMessage::PresenceRequest(None));
        self.request_presence_snapshot();
        self.request_access_audit();
    }

    /// The connection is lost: gaps are read from the database at once.
    pub(super) fn disconnected(&self) {
        *lock(&self.connection) = None;
        metrics::gauge!("parlance_bus_up").set(0);
        self.sequence(|sequencer, _| sequencer.expire_gaps(Instant::now()));
        self.reconcile_requested.notify_one();
    }

    /// Returns whether this node has not received its own packets for longer than the echo timeout:
    /// then the others do not receive them either.
    pub(super) fn echo_lost(&self) -> bool {
        lock(&self.last_echo).elapsed() > self.timings.echo_timeout
    }

    /// A message may have been missed: has the anti-entropy task compare this node with the
    /// database now, the access audit included.
    pub(super) fn request_access_audit(&self) {
        self.audit_pending.store(true, Relaxed);
        self.reconcile_requested.notify_one();
    }

    /// Has the next tick (250 ms) send a presence snapshot.
    pub(super) fn request_presence_snapshot(&self) {
        self.presence_snapshot_requested.store(true, Relaxed);
    }

    /// Ends the tasks of this node in the cluster.
    pub(super) fn shut_down(&self) {
        self.shutdown.send_replace(true);
    }

    /// Waits for `shut_down`.
    pub(super) async fn shutdown_requested(&self) {
        // The sender lives as long as this call, so there is no error.
        let _ = self.shutdown.subscribe().wait_for(|stop| *stop).await;
    }

    pub(super) fn is_shut_down(&self) -> bool {
        *self.shutdown.borrow()
    }
}

/// Locks a mutex, poisoned or not: no state here is left inconsistent by a panic.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
