//! A visit: one socket at a door, from its handshake to its end.

use super::{
    Arguments, Contract, EventContext, Handshake,
    door::Door,
    inbox::{self, Ack, Queued},
    line::{Behind, Line},
    seat::Seat,
};
use crate::problem::ApiError;
use chat::{Error, PresenceGuard};
use futures_util::{StreamExt, stream::FuturesUnordered};
use metrics::{counter, gauge, histogram};
use serde_json::Value;
use socketioxide::{extract::SocketRef, socket::Sid};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// How long a socket that was admitted may take to be connected.
const ARRIVAL: Duration = Duration::from_secs(30);

/// Events of a socket that are worked off at the same time, where their contract allows it.
const MOST_OVERLAPPING: usize = 64;

/// Sockets that are admitted and not yet connected. Not in the socket's own extensions: if its
/// connection ends in between, nobody would take them out.
pub struct Arrivals<C: Contract>(Mutex<HashMap<Address, Newcomer<C>>>);

/// A connection, and a namespace on it.
type Address = (Sid, Box<str>);

pub struct Newcomer<C: Contract> {
    stay: Stay<C>,
    inbox: mpsc::Receiver<Box<Queued>>,
    since: Instant,
}

impl<C: Contract> Default for Arrivals<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C: Contract> Arrivals<C> {
    fn put(&self, socket: &SocketRef, newcomer: Newcomer<C>) {
        let mut arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever is dropped here leaves their seat, which needs no lock of ours.
        arrivals.retain(|_, it| it.since.elapsed() < ARRIVAL);
        arrivals.insert((socket.id, socket.ns().into()), newcomer);
    }

    fn take(&self, socket: &SocketRef) -> Option<Newcomer<C>> {
        let mut arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.remove(&(socket.id, socket.ns().into()))
    }
}

impl<C: Contract> Door<C> {
    /// Before the client is told that it is connected: whoever it is, its listeners and its place
    /// in the audience, so that not even what happens in the next moment gets lost.
    pub async fn admit(self: &Arc<Self>, socket: &SocketRef, auth: Value) -> Result<(), String> {
        match self.seat(socket, &auth).await {
            Ok(newcomer) => {
                self.arrivals.put(socket, newcomer);
                Ok(())
            }
            Err(error) => Err(self.turn_away(socket, &error)),
        }
    }

    async fn seat(self: &Arc<Self>, socket: &SocketRef, auth: &Value) -> chat::Result<Newcomer<C>> {
        let handshake = handshake(socket, auth);
        let caller = self.contract.authenticate(&handshake).await?;
        let inbox = inbox::listen(self, socket);
        let seat = Arc::new(Seat::new(caller, socket.clone(), line_of(socket)));
        let stay = Stay::begin(Arc::clone(self), seat);
        // Again, now that the end of the session would find the seat.
        self.contract.authenticate(&handshake).await?;
        let memberships = self.chat.memberships(&caller).await?;
        self.seats.settle(stay.seat.id, memberships);
        if stay.seat.is_over() {
            return Err(Error::Unauthenticated("The session has ended."));
        }
        Ok(Newcomer {
            stay,
            inbox,
            since: Instant::now(),
        })
    }

    fn turn_away(&self, socket: &SocketRef, error: &Error) -> String {
        counter!("parlance_socket_connections_refused_total", "door" => C::DOOR).increment(1);
        if !matches!(error, Error::Unauthenticated(_) | Error::Forbidden(_)) {
            tracing::warn!(?error, door = C::DOOR, "a socket could not be admitted");
            // Clients do not try again after a `connect_error`, but after a broken connection.
            self.hang_up(socket, line_of(socket).as_ref());
        }
        self.contract.refuse_connection(error)
    }

    /// From the connection to its end.
    pub async fn serve(self: Arc<Self>, socket: SocketRef) {
        let Some(Newcomer { stay, inbox, .. }) = self.arrivals.take(&socket) else {
            return self.hang_up(&socket, line_of(&socket).as_ref());
        };
        let seat = &stay.seat;
        seat.connect();
        if seat.is_over() {
            return self.end(seat);
        }
        let user_id = seat.caller.user_id;
        tracing::debug!(%user_id, door = C::DOOR, "a socket connected");
        // On the heap only while they last: most of its life a socket is idle.
        let _device = match Box::pin(self.welcome(seat)).await {
            Ok(device) => device,
            Err(error) => return self.send_away(seat, &error),
        };
        self.work_off(seat, inbox).await;
        self.leave(seat);
        tracing::debug!(%user_id, door = C::DOOR, "a socket ended");
        let rooms = seat.rooms_left();
        if !rooms.is_empty() {
            let context = EventContext::new(&self, seat);
            Box::pin(self.contract.on_leave_rooms(&context, &rooms)).await;
        }
    }

    async fn welcome(&self, seat: &Seat) -> chat::Result<PresenceGuard> {
        let device = self.chat.connect(&seat.caller).await?;
        let welcome = self.contract.on_connect(&seat.caller).await?;
        if seat.welcome(&welcome).await == Err(Behind) {
            self.cut(seat, "behind");
        }
        Ok(device)
    }

    /// Events begin in the order in which they came. The next one waits until the last is answered,
    /// but for those whose contract lets them overlap.
    async fn work_off(&self, seat: &Arc<Seat>, mut inbox: mpsc::Receiver<Box<Queued>>) {
        let mut answering = FuturesUnordered::new();
        let mut next = None;
        loop {
            if let Some(opened) = next.take_if(|it: &mut Opened| {
                answering.is_empty() || (it.overlaps && answering.len() < MOST_OVERLAPPING)
            }) {
                let overlaps = opened.overlaps;
                answering.push(Box::pin(self.answer(seat, opened)));
                if !overlaps {
                    answering.next().await;
                }
            }
            tokio::select! {
                biased;
                Some(()) = answering.next() => {}
                queued = inbox.recv(), if next.is_none() => match queued {
                    Some(queued) if !seat.is_over() => next = Some(Opened::from::<C>(*queued)),
                    Some(_) => {}
                    None => break,
                },
                () = seat.last_call() => inbox.close(),
            }
        }
        while answering.next().await.is_some() {}
    }

    async fn answer(&self, seat: &Arc<Seat>, opened: Opened) {
        let start = Instant::now();
        let Opened {
            event, label, ack, ..
        } = opened;
        let Some((event, arguments)) = event else {
            let refusal = Error::invalid("event", "can't be read").into();
            return self.refuse(seat, ack, "", &refusal);
        };
        let context = EventContext::new(self, seat);
        match self.contract.on_event(&context, &event, arguments).await {
            Ok(answer) => self.acknowledge(seat, ack, &answer),
            Err(refusal) => {
                refusal.log();
                let reason = refusal.problem().detail;
                tracing::debug!(user_id = %seat.caller.user_id, door = C::DOOR, %label, reason, "refused");
                self.refuse(seat, ack, &event, &refusal);
            }
        }
        tracing::debug!(user_id = %seat.caller.user_id, door = C::DOOR, %label, "an event was answered");
        let labels = [("door", C::DOOR), ("event", label)];
        counter!("parlance_socket_events_total", &labels).increment(1);
        histogram!("parlance_socket_event_seconds", &labels).record(start.elapsed());
    }

    /// The error event first, as a client that waits for either would expect.
    fn refuse(&self, seat: &Seat, ack: Ack, event: &str, refusal: &ApiError) {
        let refused = self.contract.render_error(event, refusal);
        if let Some(event) = refused.event {
            self.tell_seat(seat, &Arc::new(event));
        }
        self.acknowledge(seat, ack, &refused.ack);
    }

    fn acknowledge(&self, seat: &Seat, ack: Ack, answer: &Value) {
        if seat.acknowledge(ack, answer) == Err(Behind) {
            self.cut(seat, "behind");
        }
    }

    /// Ends a socket that could not be welcomed.
    fn send_away(&self, seat: &Seat, error: &Error) {
        if matches!(error, Error::Unauthenticated(_) | Error::Forbidden(_)) {
            self.end(seat);
        } else {
            tracing::warn!(?error, door = C::DOOR, "a socket could not be welcomed");
            self.cut(seat, "unavailable");
        }
    }
}

/// An event that has been read.
struct Opened {
    /// None if it can't be.
    event: Option<(String, Arguments)>,
    ack: Ack,
    /// Its name in metrics.
    label: &'static str,
    overlaps: bool,
}

impl Opened {
    fn from<C: Contract>(queued: Queued) -> Self {
        let (event, ack) = queued.inbound.open();
        let name = event.as_ref().map_or("", |(name, _)| name);
        let label = C::EVENTS.iter().find(|known| **known == name);
        Self {
            label: label.unwrap_or(&"unknown"),
            overlaps: C::OVERLAPPING.contains(&name),
            event,
            ack,
        }
    }
}

fn handshake<'a>(socket: &'a SocketRef, auth: &'a Value) -> Handshake<'a> {
    let parts = socket.req_parts();
    Handshake {
        auth,
        headers: &parts.headers,
        uri: &parts.uri,
    }
}

/// The line of a socket that never was a long poll.
fn line_of(socket: &SocketRef) -> Option<Line> {
    socket.req_parts().extensions.get::<Line>().cloned()
}

/// A seat taken, and left whatever happens: also when a verb panics.
struct Stay<C: Contract> {
    door: Arc<Door<C>>,
    seat: Arc<Seat>,
}

impl<C: Contract> Stay<C> {
    fn begin(door: Arc<Door<C>>, seat: Arc<Seat>) -> Self {
        gauge!("parlance_socket_connections", "door" => C::DOOR).increment(1);
        door.seats.take(Arc::clone(&seat));
        Self { door, seat }
    }
}

impl<C: Contract> Drop for Stay<C> {
    fn drop(&mut self) {
        gauge!("parlance_socket_connections", "door" => C::DOOR).decrement(1);
        self.door.seats.leave(self.seat.id);
        if std::thread::panicking() {
            self.door.cut(&self.seat, "panic");
        }
    }
}
