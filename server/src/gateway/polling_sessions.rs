//! Engine.IO sessions that began with long polling, by their ids: their sockets know no connection.

use super::connection::Connection;
use socketioxide::socket::Sid;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long the id of a closed session is refused. The engine forgets a session by itself within
/// this time, after a missed heartbeat; there is no way to make it forget one.
const TOMBSTONE_TTL: Duration = Duration::from_mins(2);

/// Clones share the sessions.
#[derive(Clone, Default)]
pub struct PollingSessions(Arc<Mutex<Sessions>>);

#[derive(Default)]
struct Sessions {
    /// Sessions that have been upgraded to a WebSocket.
    upgraded: HashMap<Sid, Connection>,
    /// Sessions over which a user has joined a namespace, with the number of these.
    joined: HashMap<Sid, usize>,
    /// Sessions that the gateway closed and that the engine may still know.
    closed: HashMap<Sid, Instant>,
}

impl PollingSessions {
    /// Aborts the session's connection, if it has been upgraded, and refuses its further requests.
    pub fn close(&self, id: Sid) {
        let mut sessions = self.lock();
        if let Some(connection) = sessions.upgraded.get(&id) {
            connection.abort();
        }
        sessions
            .closed
            .retain(|_, closed_at| closed_at.elapsed() < TOMBSTONE_TTL);
        sessions.closed.insert(id, Instant::now());
    }

    pub fn is_closed(&self, id: Sid) -> bool {
        self.lock().closed.contains_key(&id)
    }

    /// Notes that the session goes on over this connection.
    pub(super) fn upgrade(&self, id: Sid, connection: &Connection) {
        let mut sessions = self.lock();
        if sessions.closed.contains_key(&id) {
            connection.abort();
        }
        if sessions.joined.contains_key(&id) {
            connection.mark_joined();
        }
        sessions.upgraded.insert(id, connection.clone());
    }

    /// Notes that a user has joined a namespace over this session, until `leave`.
    pub(super) fn join(&self, id: Sid) {
        let mut sessions = self.lock();
        *sessions.joined.entry(id).or_default() += 1;
        if let Some(connection) = sessions.upgraded.get(&id) {
            connection.mark_joined();
        }
    }

    pub(super) fn leave(&self, id: Sid) {
        let mut sessions = self.lock();
        if let Some(count) = sessions.joined.get_mut(&id) {
            *count -= 1;
            if *count == 0 {
                sessions.joined.remove(&id);
            }
        }
    }

    /// Whether a user has joined a namespace over this session.
    pub(super) fn is_joined(&self, id: Sid) -> bool {
        self.lock().joined.contains_key(&id)
    }

    pub(super) fn remove(&self, id: Sid) {
        self.lock().upgraded.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
