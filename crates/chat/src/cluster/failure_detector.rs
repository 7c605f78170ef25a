//! Failure detector: which other nodes are alive, by the time and number of what they sent last.

use super::{codec::PacketHeader, node_id::NodeId};
use crate::timings::ClusterTimings;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

pub struct FailureDetector {
    timings: ClusterTimings,
    peers: HashMap<NodeId, Peer>,
    /// When this node was last able to receive again after it was not: silence counts from then.
    receiving_since: Option<Instant>,
}

struct Peer {
    received_at: Instant,
    /// The number that its next message should have.
    next: u64,
    is_suspected: bool,
}

/// What a packet shows beside its messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PeerObservation {
    /// The first packet of that node.
    pub is_new: bool,
    /// The node sent messages before that did not arrive.
    pub has_gap: bool,
}

/// Nodes whose silence has consequences.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SilentPeers {
    /// A node is suspected that was not before: see `ClusterTimings::suspect_after`.
    pub any_suspected: bool,
    /// Nodes that count as dead and are removed: see `ClusterTimings::dead_after`.
    pub dead: Vec<NodeId>,
}

impl FailureDetector {
    pub fn new(timings: ClusterTimings) -> Self {
        Self {
            timings,
            peers: HashMap::new(),
            receiving_since: None,
        }
    }

    /// Notes a packet with this many messages.
    pub fn observe(
        &mut self,
        header: PacketHeader,
        messages: u64,
        now: Instant,
    ) -> PeerObservation {
        let next = header.number + messages;
        let peer = Peer {
            received_at: now,
            next,
            is_suspected: false,
        };
        match self.peers.insert(header.node, peer) {
            None => PeerObservation {
                is_new: true,
                has_gap: false,
            },
            Some(before) => PeerObservation {
                is_new: false,
                has_gap: header.number != before.next,
            },
        }
    }

    /// Finds the silent nodes. `is_up`: whether this node is connected to Redis. While it is not,
    /// no node is suspected, and one is dead only after `dead_after_while_disconnected`.
    pub fn check(&mut self, now: Instant, is_up: bool) -> SilentPeers {
        let mut silent = SilentPeers::default();
        let since = self.receiving_since.filter(|_| is_up);
        let silence = |peer: &Peer| -> Duration {
            now - since.map_or(peer.received_at, |since| peer.received_at.max(since))
        };
        for peer in self.peers.values_mut() {
            if silence(peer) > self.timings.suspect_after && is_up && !peer.is_suspected {
                peer.is_suspected = true;
                silent.any_suspected = true;
            }
        }
        let dead_after = if is_up {
            self.timings.dead_after
        } else {
            self.timings.dead_after_while_disconnected
        };
        let dead = self.peers.extract_if(|_, peer| silence(peer) > dead_after);
        silent.dead = dead.map(|(id, _)| id).collect();
        silent
    }

    /// Lets the silence of every node count from now: this node was disconnected, or paused, and
    /// could not receive.
    pub fn restart_timeouts(&mut self, now: Instant) {
        self.receiving_since = Some(now);
    }

    pub fn remove(&mut self, id: NodeId) {
        self.peers.remove(&id);
    }

    pub fn contains(&self, id: NodeId) -> bool {
        self.peers.contains_key(&id)
    }

    pub fn count(&self) -> usize {
        self.peers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{FailureDetector, PeerObservation, SilentPeers};
    use crate::{
        cluster::{NodeId, codec::PacketHeader},
        timings::ClusterTimings,
    };
    use std::time::{Duration, Instant};

    const NODE: NodeId = NodeId(1);
    const MOMENT: Duration = Duration::from_millis(1);

    fn detector() -> (FailureDetector, ClusterTimings, Instant) {
        let timings = ClusterTimings::default();
        (FailureDetector::new(timings), timings, Instant::now())
    }

    fn at(number: u64) -> PacketHeader {
        PacketHeader { node: NODE, number }
    }

    #[test]
    fn notices_a_gap_in_the_numbers() {
        let (mut peers, _, now) = detector();
        let mut observe = |number, messages| {
            let PeerObservation { is_new, has_gap } = peers.observe(at(number), messages, now);
            (is_new, has_gap)
        };
        assert_eq!(observe(40, 2), (true, false));
        assert_eq!(observe(42, 1), (false, false));
        assert_eq!(observe(44, 1), (false, true));
        assert_eq!(observe(45, 1), (false, false));
    }

    #[test]
    fn a_silent_node_is_suspected_once_and_then_dead() {
        let (mut peers, timings, start) = detector();
        let (suspect, dead) = (start + timings.suspect_after, start + timings.dead_after);
        peers.observe(at(0), 1, start);
        assert_eq!(peers.check(suspect, true), SilentPeers::default());
        assert!(peers.check(suspect + MOMENT, true).any_suspected);
        assert!(!peers.check(suspect + 2 * MOMENT, true).any_suspected);
        assert_eq!(peers.check(dead + MOMENT, true).dead, [NODE]);
        assert_eq!(peers.count(), 0);
    }

    #[test]
    fn no_node_is_dead_for_its_silence_while_nothing_can_be_received() {
        let (mut peers, timings, start) = detector();
        peers.observe(at(0), 1, start);
        let back = start + timings.dead_after * 2;
        assert_eq!(peers.check(back, false), SilentPeers::default());
        peers.restart_timeouts(back);
        let suspect = back + timings.suspect_after;
        assert_eq!(peers.check(suspect, true), SilentPeers::default());
        let dead = back + timings.dead_after + MOMENT;
        assert_eq!(peers.check(dead, true).dead, [NODE]);

        peers.observe(at(1), 1, start);
        let dead = start + timings.dead_after_while_disconnected + MOMENT;
        assert_eq!(peers.check(dead, false).dead, [NODE]);
    }
}
