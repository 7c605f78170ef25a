//! Sockets between the connect middleware, which registers them, and the connect handler, which runs
//! their session.

use super::{hub::Hub, inbox::QueuedEvent, queue_budget::SocketPermit, subscriber::Subscriber};
use metrics::gauge;
use socketioxide::{extract::SocketRef, socket::Sid};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// How long a registered socket waits for its connect handler; then it is unregistered.
const PENDING_CONNECT_TTL: Duration = Duration::from_secs(30);

/// Not kept in the sockets' own extensions: the engine runs no handler that would take them out when
/// a connection ends in between.
#[derive(Default)]
pub struct PendingConnects(Mutex<HashMap<Key, PendingConnect>>);

/// A connection, and a namespace on it.
type Key = (Sid, Box<str>);

pub struct PendingConnect {
    pub registration: Registration,
    pub inbox: mpsc::Receiver<Box<QueuedEvent>>,
    pub registered_at: Instant,
}

impl PendingConnects {
    pub fn insert(&self, socket: &SocketRef, pending: PendingConnect) {
        let mut connects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Dropping a registration takes the hub's lock, and never this one.
        connects.retain(|_, it| it.registered_at.elapsed() < PENDING_CONNECT_TTL);
        connects.insert((socket.id, socket.ns().into()), pending);
    }

    pub fn take(&self, socket: &SocketRef) -> Option<PendingConnect> {
        let mut connects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connects.remove(&(socket.id, socket.ns().into()))
    }
}

/// Keeps a subscriber in the hub; dropping it unregisters the subscriber, also when a verb panics.
pub struct Registration {
    hub: Arc<Hub>,
    pub subscriber: Arc<Subscriber>,
    _permit: SocketPermit,
}

impl Registration {
    pub fn new(hub: Arc<Hub>, subscriber: Arc<Subscriber>, permit: SocketPermit) -> Self {
        gauge!("parlance_socket_connections", "door" => hub.name).increment(1);
        if let Some(connection) = &subscriber.connection {
            connection.mark_joined();
        }
        hub.register(Arc::clone(&subscriber));
        Self {
            hub,
            subscriber,
            _permit: permit,
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        gauge!("parlance_socket_connections", "door" => self.hub.name).decrement(1);
        self.hub.unregister(&self.subscriber);
        if self.subscriber.polling_queue.is_some() {
            let sessions = &self.hub.polling_sessions;
            sessions.release_queue(self.subscriber.socket.id);
        }
        if std::thread::panicking() {
            self.hub.abort(&self.subscriber, "panic");
        }
    }
}
