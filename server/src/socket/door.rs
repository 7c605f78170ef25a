//! A door for sockets: who comes in, what they ask, how they leave.

use super::{
    Asker, Contract, Engine, Handshake, MAX_FRAME, OUTBOX, PING_INTERVAL, PING_TIMEOUT, dispatcher,
    entrance,
    inbox::{self, Inbound, Queued},
    line::{Line, Lines},
    received::Received,
    seat::{Behind, Seat},
    seats::Seats,
};
use crate::{State, config::Switch, problem::Refusal, shutdown::Shutdown};
use axum::Router;
use chat::{Caller, Chat, Device, Error};
use engineioxide::service::NotFoundService;
use metrics::{counter, gauge, histogram};
use serde_json::Value;
use socketioxide::{
    ParserConfig, SocketIo,
    extract::{AckSender, SocketRef, TryData},
    handler::ConnectHandler,
    service::SocketIoService,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinHandle};

/// Attachments are no part of any event; these bounds only keep them small.
const MAX_ATTACHMENTS: usize = 8;

/// A client that connects and says nothing is sent away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An open door.
pub struct Open {
    /// Serves the paths of its engines.
    pub router: Router<State>,
    /// Ends when the server stops and the last event in flight has been answered.
    pub closed: JoinHandle<()>,
    pub connections: Connections,
}

/// How many sockets a door has.
#[derive(Clone)]
pub struct Connections(Arc<dyn Fn() -> usize + Send + Sync>);

impl Connections {
    pub fn count(&self) -> usize {
        (self.0)()
    }
}

pub struct Door<C> {
    pub contract: C,
    pub seats: Seats,
    pub lines: Lines,
    pub received: Received,
    /// Whether limits of volume apply.
    pub limited: bool,
    chat: Chat,
}

/// What the handshake has found out, until the socket is connected.
#[derive(Clone)]
struct Arrival(Arc<Mutex<Option<Newcomer>>>);

struct Newcomer {
    caller: Caller,
    auth: Value,
    inbox: mpsc::Receiver<Queued>,
}

pub fn open<C: Contract>(contract: C, state: &State) -> Open {
    let deliveries = state.chat.subscribe();
    let door = Arc::new(Door {
        contract,
        seats: Seats::new(C::JOINS_ROOMS),
        lines: Lines::default(),
        received: Received::begin(state.chat.clone()),
        limited: state.config.rate_limit == Switch::On,
        chat: state.chat.clone(),
    });
    let closing = closing(state);
    let (engines, routers): (Vec<_>, Vec<_>) = C::ENGINES
        .iter()
        .map(|engine| {
            let (service, io) = start(&door, engine);
            let lines = door.lines.clone();
            let router = entrance::router(engine.path, service, lines, closing.clone(), state);
            (io, router)
        })
        .unzip();
    let counting = Arc::clone(&door);
    Open {
        router: routers.into_iter().fold(Router::new(), Router::merge),
        closed: tokio::spawn(dispatcher::run(door, engines, deliveries, closing)),
        connections: Connections(Arc::new(move || counting.seats.len())),
    }
}

fn start<C: Contract>(
    door: &Arc<Door<C>>,
    engine: &Engine,
) -> (SocketIoService<NotFoundService>, SocketIo) {
    let parser = ParserConfig::common()
        .max_incoming_binaries(MAX_ATTACHMENTS)
        .max_incoming_binary_buf_size(MAX_FRAME);
    let (service, io) = SocketIo::builder()
        .with_parser(parser)
        .req_path(engine.path)
        .connect_timeout(CONNECT_TIMEOUT)
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT)
        .max_payload(MAX_FRAME as u64)
        .ws_max_message_size(MAX_FRAME)
        .ws_max_frame_size(MAX_FRAME)
        .ws_read_buffer_size(512)
        .max_buffer_size(OUTBOX)
        .build_svc();
    for namespace in engine.namespaces {
        let (admitting, serving) = (Arc::clone(door), Arc::clone(door));
        let admit = move |socket: SocketRef, TryData(auth): TryData<Value>| async move {
            admitting.admit(&socket, auth.unwrap_or_default()).await
        };
        let serve = move |socket: SocketRef| async move { serving.serve(socket).await };
        io.ns(*namespace, serve.with(admit));
    }
    (service, io)
}

/// Sockets close when connections are no longer accepted: until then, others may not yet know that
/// this server is stopping, and send clients back to it.
fn closing(state: &State) -> Shutdown {
    let (closing, shutdown) = (Shutdown::default(), state.shutdown.clone());
    let delay = Duration::from_secs(state.config.shutdown_delay);
    let begins = closing.clone();
    tokio::spawn(async move {
        shutdown.begun().await;
        tokio::time::sleep(delay).await;
        begins.begin();
    });
    closing
}

impl<C: Contract> Door<C> {
    /// Before the client is told that it is connected: whoever it is, and its listeners, so that
    /// not even the first event gets lost.
    async fn admit(self: &Arc<Self>, socket: &SocketRef, auth: Value) -> Result<(), String> {
        let caller = match self.contract.authenticate(&handshake(socket, &auth)).await {
            Ok(caller) => caller,
            Err(error) => return Err(self.turn_away(socket, &error)),
        };
        let inbox = inbox::listen(self, socket);
        let newcomer = Newcomer {
            caller,
            auth,
            inbox,
        };
        let arrival = Arrival(Arc::new(Mutex::new(Some(newcomer))));
        socket.extensions.insert(arrival);
        Ok(())
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
    async fn serve(self: Arc<Self>, socket: SocketRef) {
        let Some(Newcomer {
            caller,
            auth,
            mut inbox,
        }) = socket
            .extensions
            .remove::<Arrival>()
            .and_then(|it| it.0.lock().unwrap_or_else(PoisonError::into_inner).take())
        else {
            return;
        };
        let line = line_of(&socket);
        let seat = Arc::new(Seat::new(caller, socket, line));
        let _stay = Stay::begin(Arc::clone(&self), Arc::clone(&seat));
        let _device = match self.settle(&seat, &auth).await {
            Ok(device) => device,
            Err(error) => return self.send_away(&seat, &error),
        };
        loop {
            tokio::select! {
                queued = inbox.recv() => match queued {
                    Some(queued) if !seat.is_over() => self.answer(&seat, queued.inbound).await,
                    Some(_) => {}
                    None => break,
                },
                () = seat.last_call() => inbox.close(),
            }
        }
        self.leave(&seat);
        let rooms = seat.rooms_left();
        if !rooms.is_empty() {
            let asker = Asker::new(&self, &seat);
            self.contract.depart(&asker, &rooms).await;
        }
    }

    /// Finds the socket's place in the audience, exactly, and bids it welcome.
    async fn settle(&self, seat: &Seat, auth: &Value) -> chat::Result<Device> {
        self.contract
            .authenticate(&handshake(&seat.socket, auth))
            .await?;
        let memberships = self.chat.memberships(&seat.caller).await?;
        self.seats.settle(seat.id, memberships);
        let device = self.chat.connect(&seat.caller).await?;
        let welcome = self.contract.welcome(&seat.caller).await?;
        if seat.welcome(&welcome) == Err(Behind) {
            self.cut(seat, "behind");
        }
        Ok(device)
    }

    async fn answer(&self, seat: &Arc<Seat>, inbound: Inbound) {
        let start = Instant::now();
        let (event, ack) = inbound.open();
        let Some((event, arguments)) = event else {
            let refusal = Error::invalid("event", "can't be read").into();
            return self.refuse(seat, ack, "", &refusal);
        };
        let label = C::EVENTS
            .iter()
            .find(|known| **known == event)
            .unwrap_or(&"unknown");
        let asker = Asker::new(self, seat);
        match self.contract.answer(&asker, &event, arguments).await {
            Ok(answer) => self.acknowledge(seat, ack, &answer),
            Err(refusal) => {
                refusal.log();
                self.refuse(seat, ack, &event, &refusal);
            }
        }
        let labels = [("door", C::DOOR), ("event", *label)];
        counter!("parlance_socket_events_total", &labels).increment(1);
        histogram!("parlance_socket_event_seconds", &labels).record(start.elapsed());
    }

    /// The error event first, as a client that waits for either would expect.
    fn refuse(&self, seat: &Seat, ack: AckSender, event: &str, refusal: &Refusal) {
        let refused = self.contract.refuse(event, refusal);
        if let Some(event) = refused.event {
            self.tell_seat(seat, &Arc::new(event));
        }
        self.acknowledge(seat, ack, &refused.ack);
    }

    fn acknowledge(&self, seat: &Seat, ack: AckSender, answer: &Value) {
        use socketioxide::{SendError, SocketError};
        if let Err(SendError::Socket(SocketError::InternalChannelFull)) = ack.send(answer) {
            self.cut(seat, "behind");
        }
    }

    /// Ends a socket that could not be settled.
    fn send_away(&self, seat: &Seat, error: &Error) {
        if matches!(error, Error::Unauthenticated(_) | Error::Forbidden(_)) {
            self.end(seat);
        } else {
            tracing::warn!(?error, door = C::DOOR, "a socket could not be settled");
            self.cut(seat, "unavailable");
        }
    }

    /// Ends a socket for good: its client is told not to come back by itself.
    pub fn end(&self, seat: &Seat) {
        seat.silence();
        self.leave(seat);
        if seat.socket.clone().disconnect().is_err() {
            self.hang_up(&seat.socket, seat.line.as_ref());
        }
    }

    /// Ends a connection: its client comes back by itself, and resumes by sequence.
    pub fn cut(&self, seat: &Seat, reason: &'static str) {
        counter!("parlance_socket_cut_total", "door" => C::DOOR, "reason" => reason).increment(1);
        seat.silence();
        self.leave(seat);
        self.hang_up(&seat.socket, seat.line.as_ref());
    }

    fn leave(&self, seat: &Seat) {
        seat.leave_rooms(self.seats.leave(seat.id));
    }

    fn hang_up(&self, socket: &SocketRef, line: Option<&Line>) {
        match line {
            Some(line) => line.cut(),
            None => self.lines.cut(socket.id),
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
