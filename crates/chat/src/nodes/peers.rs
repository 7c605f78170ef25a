//! The other nodes, as far as they make themselves heard.

use super::NodeId;
use crate::events::wire::Header;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// A node that has been silent for so long may have died, and not said all that it committed.
const LATE: Duration = Duration::from_secs(3);

/// A node that has been silent for so long is dead, and who was connected to it is not there.
const DEAD: Duration = Duration::from_secs(10);

/// As long as nothing can be heard at all, nobody is dead for being silent; but not forever.
const PRESUMED: Duration = Duration::from_mins(1);

#[derive(Default)]
pub struct Peers {
    peers: HashMap<NodeId, Peer>,
    /// Since when they can be heard.
    since: Option<Instant>,
}

struct Peer {
    heard_at: Instant,
    /// The number that its next word should have.
    next: u64,
    is_late: bool,
}

/// What a letter says besides its words.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Greeting {
    pub is_new: bool,
    /// Something has been said before that was not heard.
    pub has_missed: bool,
}

/// Who has fallen silent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Silence {
    pub some_are_late: bool,
    pub dead: Vec<NodeId>,
}

impl Peers {
    pub fn hear(&mut self, header: Header, words: u64, now: Instant) -> Greeting {
        let next = header.number + words;
        let peer = Peer {
            heard_at: now,
            next,
            is_late: false,
        };
        match self.peers.insert(header.node, peer) {
            None => Greeting {
                is_new: true,
                has_missed: false,
            },
            Some(before) => Greeting {
                is_new: false,
                has_missed: header.number != before.next,
            },
        }
    }

    pub fn check(&mut self, now: Instant, is_up: bool) -> Silence {
        let mut silence = Silence::default();
        let since = self.since.filter(|_| is_up);
        for peer in self.peers.values_mut() {
            let silent = now - since.map_or(peer.heard_at, |since| peer.heard_at.max(since));
            if silent > LATE && is_up && !peer.is_late {
                peer.is_late = true;
                silence.some_are_late = true;
            }
        }
        let most = if is_up { DEAD } else { PRESUMED };
        let dead = self.peers.extract_if(|_, peer| {
            now - since.map_or(peer.heard_at, |since| peer.heard_at.max(since)) > most
        });
        silence.dead = dead.map(|(id, _)| id).collect();
        silence
    }

    /// Their silence begins anew: nothing could be heard, or nobody listened.
    pub fn reconnected(&mut self, now: Instant) {
        self.since = Some(now);
    }

    pub fn forget(&mut self, id: NodeId) {
        self.peers.remove(&id);
    }

    pub fn knows(&self, id: NodeId) -> bool {
        self.peers.contains_key(&id)
    }

    pub fn count(&self) -> usize {
        self.peers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{DEAD, Greeting, LATE, PRESUMED, Peers, Silence};
    use crate::{events::wire::Header, nodes::NodeId};
    use std::time::{Duration, Instant};

    const NODE: NodeId = NodeId(1);
    const BIT: Duration = Duration::from_millis(1);

    fn at(number: u64) -> Header {
        Header { node: NODE, number }
    }

    #[test]
    fn a_hole_in_the_numbers_is_noticed() {
        let (mut peers, now) = (Peers::default(), Instant::now());
        let mut hear = |number, words| {
            let Greeting { is_new, has_missed } = peers.hear(at(number), words, now);
            (is_new, has_missed)
        };
        assert_eq!(hear(40, 2), (true, false));
        assert_eq!(hear(42, 1), (false, false));
        assert_eq!(hear(44, 1), (false, true));
        assert_eq!(hear(45, 1), (false, false));
    }

    #[test]
    fn the_silent_are_late_once_and_then_dead() {
        let (mut peers, start) = (Peers::default(), Instant::now());
        peers.hear(at(0), 1, start);
        assert_eq!(peers.check(start + LATE, true), Silence::default());
        assert!(peers.check(start + LATE + BIT, true).some_are_late);
        assert!(!peers.check(start + LATE + 2 * BIT, true).some_are_late);
        assert_eq!(peers.check(start + DEAD + BIT, true).dead, [NODE]);
        assert_eq!(peers.count(), 0);
    }

    #[test]
    fn nobody_is_dead_for_not_being_heard_while_nobody_can_be() {
        let (mut peers, start) = (Peers::default(), Instant::now());
        peers.hear(at(0), 1, start);
        let back = start + DEAD * 2;
        assert_eq!(peers.check(back, false), Silence::default());
        peers.reconnected(back);
        assert_eq!(peers.check(back + LATE, true), Silence::default());
        assert_eq!(peers.check(back + DEAD + BIT, true).dead, [NODE]);

        peers.hear(at(1), 1, start);
        assert_eq!(peers.check(start + PRESUMED + BIT, false).dead, [NODE]);
    }
}
