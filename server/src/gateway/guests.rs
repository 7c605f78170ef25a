//! Guests: sockets without valid credentials in the namespace `/` of a contract that lives in another
//! one, such as `/chat`. An official server always has this namespace, and tools open it first. A guest
//! is told nothing, and its events are refused. A socket in `/` with valid credentials is no guest: it
//! has the session that it would have in the contract's own namespace.

use super::{
    connection::Connection,
    contract::Contract,
    inbox::{self, InboundEvent},
    pending_connects::PendingConnects,
    socket_session::handshake,
    state::Gateway,
};
use chat::Error;
use futures_util::future::ready;
use metrics::counter;
use serde_json::Value;
use socketioxide::{SocketIo, extract::SocketRef, socket::Sid};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// The namespace of guests.
pub const ROOT: &str = "/";

/// Guests of one Engine.IO path at a time. Later ones are refused.
const MAX_GUESTS: usize = 1000;

/// How long a connection may have nobody but a guest on it; then it is aborted, and its client
/// reconnects. One second in tests.
const GUEST_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 300 });

const NOT_A_USER: &str =
    "This socket is nobody's: connect to the contract's namespace, with a token.";

/// The guests of one Engine.IO path, by the ids of their connections.
#[derive(Default)]
pub struct Guests(Mutex<HashMap<Sid, Instant>>);

impl Guests {
    fn admit<C: Contract>(&self, gateway: &Gateway<C>, socket: &SocketRef) -> Result<(), String> {
        let mut guests = self.lock();
        // The engine runs no handler for a connection that ends while it is being admitted.
        guests.retain(|_, admitted_at| admitted_at.elapsed() <= GUEST_TIMEOUT);
        if guests.len() >= MAX_GUESTS {
            counter!("parlance_socket_connections_refused_total", "door" => C::DOOR).increment(1);
            return Err("There are too many connections without a user. Try again.".to_owned());
        }
        guests.insert(socket.id, Instant::now());
        drop(guests);
        refuse_events(gateway, socket);
        Ok(())
    }

    fn contains(&self, id: Sid) -> bool {
        self.lock().contains_key(&id)
    }

    fn remove(&self, id: Sid) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Sid, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a guest's events with the contract's error; beyond the rate limit, with nothing.
fn refuse_events<C: Contract>(gateway: &Gateway<C>, socket: &SocketRef) {
    let limiter = gateway.rate_limited.then(|| Arc::new(inbox::limiter()));
    let sessions = gateway.hub.polling_sessions.clone();
    socket.on_fallback(move |socket: SocketRef, inbound: InboundEvent| {
        if limiter.as_ref().is_none_or(|it| it.check().is_ok()) {
            let error = Error::Unauthenticated(NOT_A_USER).into();
            inbox::reject::<C>(&socket, inbound, &error);
        } else {
            sessions.pause_reading(&socket);
        }
        ready(())
    });
}

impl<C: Contract> Gateway<C> {
    /// The connect middleware of `/`. Whoever is no user is a guest.
    pub async fn accept_at_root(
        self: &Arc<Self>,
        socket: &SocketRef,
        auth: Value,
        pending_connects: &PendingConnects,
        guests: &Guests,
    ) -> Result<(), String> {
        if let Err(error) = self.count_connect(socket) {
            return Err(self.reject_connect(socket, &error));
        }
        match C::authenticate(&self.chat, &handshake(socket, &auth)).await {
            Err(
                Error::Unauthenticated(_) | Error::Forbidden(_) | Error::TwoFactorSetupRequired,
            ) => guests.admit(self, socket),
            // A failure that has nothing to do with the credentials fails there again.
            Ok(_) | Err(_) => self.accept(socket, auth, pending_connects).await,
        }
    }

    /// The connect handler of `/`.
    pub async fn run_at_root(
        self: Arc<Self>,
        socket: SocketRef,
        io: SocketIo,
        pending_connects: &PendingConnects,
        guests: &Guests,
    ) {
        let id = socket.id;
        if !guests.contains(id) {
            return self.run_session(socket, pending_connects).await;
        }
        let ended = CancellationToken::new();
        let ending = ended.clone();
        socket.on_disconnect(move || {
            ending.cancel();
            ready(())
        });
        let timeout = tokio::time::timeout(GUEST_TIMEOUT, ended.cancelled());
        let timed_out = timeout.await.is_err();
        guests.remove(id);
        if timed_out && !has_user(&io, id) {
            tracing::debug!(door = C::DOOR, "a guest became nobody in time");
            let connection = Connection::of(&socket);
            self.hub.abort_connection(&socket, connection.as_ref());
        }
    }
}

/// Whether the connection has a socket in a namespace of the contract.
fn has_user(io: &SocketIo, id: Sid) -> bool {
    let namespaces = io.nsps().into_iter();
    let mut own = namespaces.filter(|it| it.ns_path() != ROOT);
    own.any(|namespace| namespace.get_socket(id).is_some())
}

#[cfg(test)]
mod tests;
