//! What a node does again and again: it shows that it is there, and looks who else is.

use super::{Nodes, Word, lock};
use crate::{Chat, Parts};
use std::{
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::time::MissedTickBehavior;

const TICK: Duration = Duration::from_millis(250);

/// In ticks.
const BEAT: u64 = 4;
const FORGET: u64 = 40;

/// Somebody who came has connected after this time, or never will.
const SETTLED: Duration = Duration::from_mins(1);

/// A node that has slept this long can't say of others that they were silent.
const ASLEEP: Duration = Duration::from_secs(2);

pub async fn run(chat: Weak<Parts>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = Instant::now();
    for count in 0_u64.. {
        ticks.tick().await;
        let Some(chat) = chat.upgrade().map(Chat) else {
            return;
        };
        let Some(nodes) = chat.0.events.nodes().filter(|it| !it.has_stopped()) else {
            return;
        };
        let now = Instant::now();
        if now - last > ASLEEP {
            lock(&nodes.peers).reconnected(now);
        }
        last = now;
        chat.tend(nodes, count, now);
    }
}

impl Chat {
    fn tend(&self, nodes: &Arc<Nodes>, count: u64, now: Instant) {
        let spent = self.0.limits.take_spent();
        if !spent.is_empty() {
            nodes.say(Word::Spent(spent));
        }
        nodes.introduce_if_asked(self);
        if count.is_multiple_of(BEAT) && !nodes.leaving.load(Relaxed) {
            nodes.say(Word::Beat);
        }
        let (silence, others) = {
            let mut peers = lock(&nodes.peers);
            (peers.check(now, nodes.is_up()), peers.count())
        };
        #[expect(clippy::cast_precision_loss, reason = "nodes are few")]
        metrics::gauge!("parlance_bus_nodes").set(others as f64);
        if silence.some_are_late {
            nodes.doubt();
        }
        for node in silence.dead {
            tracing::warn!(%node, "another node has fallen silent");
            nodes.doubt();
            self.0.presence.forget_node(node);
            self.tell_presence_soon();
        }
        if count.is_multiple_of(FORGET)
            && let Some(before) = now.checked_sub(SETTLED)
        {
            let presence = &self.0.presence;
            nodes.sequence(|it, _| it.forget_users(before, |id| presence.is_connected(id)));
        }
    }
}
