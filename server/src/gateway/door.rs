//! A door for sockets: opened once, with all that its sockets share.

use super::{
    Contract, Engine, MAX_FRAME, OUTBOX, PING_INTERVAL, PING_TIMEOUT, dispatcher, entrance,
    line::{Line, Lines},
    received::Received,
    seat::Seat,
    seats::Seats,
    unsent::Unsent,
    visit::Arrivals,
};
use crate::{State, config::Switch, shutdown::Shutdown};
use axum::Router;
use chat::Chat;
use engineioxide::service::NotFoundService;
use metrics::counter;
use serde_json::Value;
use socketioxide::{
    ParserConfig, SocketIo,
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    service::SocketIoService,
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// Attachments are no part of any event; these bounds only keep them small.
const MAX_ATTACHMENTS: usize = 8;

/// A client that connects and says nothing is sent away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An open door.
pub struct MountedGateway {
    /// Serves the paths of its engines.
    pub router: Router<State>,
    /// Ends when the server stops and the last event in flight has been answered.
    pub closed: JoinHandle<()>,
    pub connections: ConnectionCount,
}

/// How many sockets a door has.
#[derive(Clone)]
pub struct ConnectionCount(Arc<dyn Fn() -> usize + Send + Sync>);

impl ConnectionCount {
    pub fn count(&self) -> usize {
        (self.0)()
    }
}

pub struct Door<C: Contract> {
    pub contract: C,
    pub seats: Seats,
    pub lines: Lines,
    pub unsent: Unsent,
    pub arrivals: Arrivals<C>,
    pub received: Received,
    /// Whether limits of volume apply.
    pub limited: bool,
    pub chat: Chat,
}

pub fn open<C: Contract>(contract: C, state: &State) -> MountedGateway {
    let deliveries = state.chat.subscribe();
    let door = Arc::new(Door {
        contract,
        seats: Seats::new(C::JOINS_ROOMS),
        lines: Lines::default(),
        unsent: Unsent::default(),
        arrivals: Arrivals::default(),
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
    MountedGateway {
        router: routers.into_iter().fold(Router::new(), Router::merge),
        closed: tokio::spawn(dispatcher::run(door, engines, deliveries, closing)),
        connections: ConnectionCount(Arc::new(move || counting.seats.len())),
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
    /// Ends a socket for good: its client is told not to come back by itself.
    pub fn end(&self, seat: &Seat) {
        seat.silence();
        self.leave(seat);
        // Else it is refused, or ended when it is connected: see `Door::seat` and `Door::serve`.
        if seat.is_connected() && seat.socket.clone().disconnect().is_err() {
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

    pub fn leave(&self, seat: &Seat) {
        seat.leave_rooms(self.seats.leave(seat.id));
    }

    pub fn hang_up(&self, socket: &SocketRef, line: Option<&Line>) {
        match line {
            Some(line) => line.cut(),
            None => self.lines.cut(socket.id),
        }
    }
}
