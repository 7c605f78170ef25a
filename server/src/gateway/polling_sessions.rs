//! Engine.IO sessions that began with long polling, by their ids: their sockets know no connection.

use super::{
    connection::Connection, limits::PING_TIMEOUT, polling_queue::PollingQueue,
    queue_budget::Account,
};
use socketioxide::socket::{Sid, Socket};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// How long the id of a closed session is refused. The engine forgets a session at once, and one that
/// is just being upgraded within this time, after a missed heartbeat.
const TOMBSTONE_TTL: Duration = Duration::from_mins(2);

/// Clones share the sessions.
#[derive(Clone, Default)]
pub struct PollingSessions(Arc<Mutex<Sessions>>);

#[derive(Default)]
struct Sessions {
    /// Sessions that have been upgraded to a WebSocket.
    upgraded: HashMap<Sid, Connection>,
    /// Sessions that the gateway closed and that the engine may still know.
    closed: HashMap<Sid, Instant>,
    /// What waits for the next poll of each session with a user, and the number of its sockets.
    queues: HashMap<Sid, (Arc<PollingQueue>, usize)>,
    /// What each engine of the gateway hears of the sessions that are closed. The engines have the sessions,
    /// so the sessions must not have the engines.
    closings: Vec<UnboundedSender<Sid>>,
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
        sessions.closings.retain(|engine| engine.send(id).is_ok());
    }

    /// Receives each session that is closed from now on.
    pub(super) fn closings(&self) -> UnboundedReceiver<Sid> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lock().closings.push(sender);
        receiver
    }

    /// Notes that a user of this account has joined a namespace over the session, until `release_queue`.
    pub(super) fn open_queue(&self, id: Sid, account: &Arc<Account>) -> Arc<PollingQueue> {
        let mut sessions = self.lock();
        if let Some(connection) = sessions.upgraded.get(&id) {
            connection.charge_to(account);
            connection.mark_joined();
        }
        let queue = sessions.queues.entry(id);
        let (queue, sockets) = queue.or_insert_with(|| (Arc::new(PollingQueue::new(account)), 0));
        *sockets += 1;
        Arc::clone(queue)
    }

    /// A socket of the session has ended.
    pub(super) fn release_queue(&self, id: Sid) {
        let mut sessions = self.lock();
        if let Some((_, sockets)) = sessions.queues.get_mut(&id) {
            *sockets -= 1;
            if *sockets == 0 {
                sessions.queues.remove(&id);
            }
        }
    }

    pub(super) fn queue(&self, id: Sid) -> Option<Arc<PollingQueue>> {
        let sessions = self.lock();
        sessions.queues.get(&id).map(|(queue, _)| Arc::clone(queue))
    }

    /// The sessions with a user that have not polled for longer than Engine.IO lets a client be silent,
    /// though they may answer pings.
    pub(super) fn idle(&self) -> Vec<Sid> {
        let sessions = self.lock();
        let queues = sessions.queues.iter();
        queues
            .filter(|(id, _)| !sessions.upgraded.contains_key(*id))
            .filter(|(_, (queue, _))| queue.is_idle(PING_TIMEOUT))
            .map(|(id, _)| *id)
            .collect()
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
        if let Some((queue, _)) = sessions.queues.get(&id) {
            connection.charge_to(queue.account());
            connection.mark_joined();
        }
        sessions.upgraded.insert(id, connection.clone());
    }

    /// The WebSocket of a socket, which may have begun with long polling.
    pub(super) fn connection_of(&self, socket: &Socket) -> Option<Connection> {
        Connection::of(socket).or_else(|| self.lock().upgraded.get(&socket.id).cloned())
    }

    /// Lets the client of this socket wait for `READ_PAUSE` before more of it is read. Over long polling, only a user's.
    pub(super) fn pause_reading(&self, socket: &Socket) {
        if let Some(connection) = self.connection_of(socket) {
            connection.pause_reading();
        } else if let Some(queue) = self.queue(socket.id) {
            queue.pause_reading();
        }
    }

    /// Whether a user has joined a namespace over this session.
    pub(super) fn is_joined(&self, id: Sid) -> bool {
        self.lock().queues.contains_key(&id)
    }

    pub(super) fn remove(&self, id: Sid) {
        let mut sessions = self.lock();
        sessions.upgraded.remove(&id);
        // The upgrade may have failed, and the client polls again.
        if let Some((queue, _)) = sessions.queues.get(&id) {
            queue.touch();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
