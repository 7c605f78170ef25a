//! `QueuedBytes`: the bytes that wait for one connection, bounded for itself and with the others of its
//! account.

use super::{
    limits::MAX_QUEUED_BYTES,
    queue_budget::{Account, Lease, Transport},
};
use std::sync::Arc;

#[derive(Default)]
pub struct QueuedBytes {
    bytes: usize,
    /// Bytes of the first part, since nothing waited, that is longer than half of the limit. It does not
    /// count against the limit, or the first event of a user with many conversations would cut its
    /// socket.
    long: usize,
    /// None until a user has joined a namespace.
    lease: Option<Lease>,
}

impl QueuedBytes {
    pub fn get(&self) -> usize {
        self.bytes
    }

    pub fn is_over_limit(&self) -> bool {
        self.bytes > self.limit() + self.long
    }

    /// What waits for a poll counts several times, or one connection would take the share of all of its account.
    fn limit(&self) -> usize {
        MAX_QUEUED_BYTES / self.lease.as_ref().map_or(1, Lease::factor)
    }

    /// From here on, what waits counts for this account.
    pub fn charge_to(&mut self, account: &Arc<Account>, transport: Transport) {
        self.lease
            .get_or_insert_with(|| Lease::new(account, transport));
    }

    /// Adds a part if there is room; whether there was.
    #[must_use]
    pub fn try_add(&mut self, part: usize) -> bool {
        let queued = self.bytes + part;
        let has_room =
            !self.is_over_limit() && self.lease.as_mut().is_none_or(|lease| lease.cover(queued));
        if has_room {
            self.add(part);
        }
        has_room
    }

    pub fn add(&mut self, part: usize) {
        self.bytes += part;
        if part > MAX_QUEUED_BYTES / 2 && self.long == 0 {
            self.long = part;
        }
    }

    /// Takes off what the peer has got.
    pub fn subtract(&mut self, part: usize) {
        self.bytes = self.bytes.saturating_sub(part);
        if self.bytes == 0 {
            self.long = 0;
            if let Some(lease) = &mut self.lease {
                lease.release();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::QueuedBytes;
    use crate::gateway::limits::MAX_QUEUED_BYTES;

    #[test]
    fn a_long_part_leaves_room_for_those_behind_it() {
        let mut queued = QueuedBytes::default();
        assert!(queued.try_add(11 * MAX_QUEUED_BYTES));
        let mut taken = 0;
        while queued.try_add(1024) {
            taken += 1024;
        }
        assert!(
            (MAX_QUEUED_BYTES..=MAX_QUEUED_BYTES + 1024).contains(&taken),
            "{taken}"
        );
        assert!(!queued.try_add(11 * MAX_QUEUED_BYTES), "one at a time");
        queued.subtract(20 * MAX_QUEUED_BYTES);
        assert_eq!(queued.get(), 0);
        assert!(queued.try_add(MAX_QUEUED_BYTES / 2));
        assert!(queued.try_add(MAX_QUEUED_BYTES / 2));
        assert!(queued.try_add(1));
        assert!(!queued.try_add(1), "what is no long part counts");
    }
}
