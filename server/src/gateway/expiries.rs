//! `Expiries`: when the tokens of a hub's sockets expire.

use super::subscriber::{Subscriber, SubscriberId};
use std::collections::BTreeSet;

/// The times at which the tokens of sockets expire, in seconds, the earliest first. One for the whole
/// hub, so that no socket needs a timer.
#[derive(Default)]
pub struct Expiries(BTreeSet<(i64, SubscriberId)>);

impl Expiries {
    pub fn insert(&mut self, subscriber: &Subscriber) {
        if let Some(expires_at) = subscriber.expires_at {
            self.0.insert((expires_at, subscriber.id));
        }
    }

    pub fn remove(&mut self, subscriber: &Subscriber) {
        if let Some(expires_at) = subscriber.expires_at {
            self.0.remove(&(expires_at, subscriber.id));
        }
    }

    /// The sockets whose token has expired at this time.
    pub fn expired(&self, now: i64) -> impl Iterator<Item = SubscriberId> {
        let expired = self.0.range(..(now.saturating_add(1), SubscriberId::FIRST));
        expired.map(|(_, id)| *id)
    }
}
