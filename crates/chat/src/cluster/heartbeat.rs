//! Heartbeat: the periodic task that shows that this node is alive, and checks whether others are.

use super::{
    message::BusMessage,
    state::{Cluster, lock},
};
use crate::chat::{Chat, Inner};
use std::{
    sync::{Weak, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::time::MissedTickBehavior;

/// Rate usage and presence snapshots are sent, and silent nodes looked for, once per tick.
const TICK_INTERVAL: Duration = Duration::from_millis(250);

/// A heartbeat every 4 ticks: 1 s.
const HEARTBEAT_TICKS: u64 = 4;

/// Users who are not connected are removed from the sequencer every 40 ticks: 10 s.
const PRUNE_TICKS: u64 = 40;

/// A client that began to connect this long ago is connected by now, or never will be.
const CONNECT_TIMEOUT: Duration = Duration::from_mins(1);

/// After a pause of the process this long (suspended, or starved of CPU) the silence of other nodes
/// counts from its end: their messages wait to be received.
const PAUSE_DETECTED_AFTER: Duration = Duration::from_secs(2);

pub async fn run(chat: Weak<Inner>) {
    let mut ticks = tokio::time::interval(TICK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = Instant::now();
    for count in 0_u64.. {
        ticks.tick().await;
        let Some(chat) = chat.upgrade().map(Chat) else {
            return;
        };
        let Some(cluster) = chat.0.bus.cluster().filter(|it| !it.is_shut_down()) else {
            return;
        };
        let now = Instant::now();
        if now - last > PAUSE_DETECTED_AFTER {
            lock(&cluster.peers).restart_timeouts(now);
        }
        last = now;
        chat.tick(cluster, count, now);
    }
}

impl Chat {
    fn tick(&self, cluster: &Cluster, count: u64, now: Instant) {
        let usage = self.0.limits.drain_usage();
        if !usage.is_empty() {
            cluster.send(BusMessage::RateUsage(usage));
        }
        cluster.send_presence_snapshot(&self.0.presence);
        if count.is_multiple_of(HEARTBEAT_TICKS) && !cluster.leaving.load(Relaxed) {
            cluster.send(BusMessage::Heartbeat);
        }
        let (silent, others) = {
            let mut peers = lock(&cluster.peers);
            (peers.check(now, cluster.is_up()), peers.count())
        };
        #[expect(clippy::cast_precision_loss, reason = "nodes are few")]
        metrics::gauge!("parlance_bus_nodes").set(others as f64);
        if silent.any_suspected {
            cluster.request_access_audit();
        }
        for node in silent.dead {
            tracing::warn!(%node, "another node has fallen silent");
            cluster.request_access_audit();
            self.0.presence.remove_node(node);
            self.schedule_presence_broadcast();
        }
        if count.is_multiple_of(PRUNE_TICKS)
            && let Some(before) = now.checked_sub(CONNECT_TIMEOUT)
        {
            let presence = &self.0.presence;
            cluster.sequence(|it, _| it.prune_users(before, |id| presence.is_connected(id)));
        }
    }
}
