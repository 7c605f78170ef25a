//! Opens a contract's gateway: its Engine.IO services, their routes, and the dispatcher.

use super::{
    changed_lists::ChangedLists,
    changed_users::ChangedUsers,
    contract::{Contract, Engine},
    delivery_receipts::DeliveryReceipts,
    dispatcher, graceful_close,
    guests::{Guests, ROOT},
    hub::Hub,
    idle_polling,
    limits::{MAX_EVENT_BYTES, MAX_FRAME_BYTES, MAX_QUEUED_FRAMES, PING_INTERVAL, PING_TIMEOUT},
    list_workers,
    pending_connects::PendingConnects,
    render_queue::{Queued, RenderQueue},
    render_worker, session_end,
    state::Gateway,
    upgrade,
};
use crate::{State, client_files, config::Switch};
use axum::Router;
use chat::events::Subscription;
use engineioxide::service::NotFoundService;
use serde_json::Value;
use socketioxide::{
    ParserConfig, SocketIo,
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    service::SocketIoService,
};
use std::{marker::PhantomData, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Binary attachments that an event may announce. No event of ours has any: up to this limit it is
/// answered, with an error where its handler reads the argument; beyond it the engine closes the
/// connection.
const MAX_ATTACHMENTS: usize = 8;

/// How long a client may take from the connection to its CONNECT; then it is closed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of the read buffer of a WebSocket. It is kept as long as the connection, mostly idle.
const READ_BUFFER_BYTES: usize = 512;

/// A gateway that runs.
pub struct MountedGateway {
    /// Serves the paths of its engines.
    pub router: Router<State>,
    /// Ends when the gateway has closed: its dispatcher has stopped, and its events are answered and its
    /// connections closed, or given up on, at most 6 s after closing began.
    pub closed: JoinHandle<()>,
    pub connections: ConnectionCount,
}

/// Counts the sockets of one gateway.
#[derive(Clone)]
pub struct ConnectionCount(Arc<Hub>);

impl ConnectionCount {
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

pub fn open<C: Contract>(state: &State) -> MountedGateway {
    let deliveries = state.chat.subscribe();
    let hub = Arc::new(Hub::new(C::DOOR, C::JOINS_ROOMS));
    let (render_queue, queued) = RenderQueue::new();
    let gateway = Arc::new(Gateway {
        contract: PhantomData::<C>,
        hub: Arc::clone(&hub),
        delivery_receipts: DeliveryReceipts::start(state.chat.clone()),
        changed_users: ChangedUsers::default(),
        changed_lists: ChangedLists::default(),
        render_queue,
        queue_budget: Arc::clone(&state.queue_budget),
        handshake_limiter: state.handshake_limiter.clone(),
        rate_limited: state.config.rate_limit == Switch::On,
        chat: state.chat.clone(),
    });
    let pending_connects = Arc::new(PendingConnects::default());
    let closing = closing(state);
    let (engines, routers): (Vec<_>, Vec<_>) = C::ENGINES
        .iter()
        .map(|engine| {
            let (service, io) = start_engine(engine, &gateway, &pending_connects);
            let (sessions, closing) = (hub.polling_sessions.clone(), closing.clone());
            let router = upgrade::router(engine.path, service, sessions, closing, state);
            (io, router.merge(client_files::router(engine.path, state)))
        })
        .unzip();
    MountedGateway {
        router: routers.into_iter().fold(Router::new(), Router::merge),
        closed: tokio::spawn(run(gateway, engines, deliveries, queued, closing)),
        connections: ConnectionCount(hub),
    }
}

/// Dispatches until the gateway closes.
async fn run<C: Contract>(
    gateway: Arc<Gateway<C>>,
    engines: Vec<SocketIo>,
    deliveries: Subscription,
    queued: mpsc::Receiver<Queued>,
    closing: CancellationToken,
) {
    // The writers and workers stop when this function returns.
    let _writers = gateway.hub.flush_queue.spawn_writers();
    let _workers = list_workers::spawn_workers(&gateway);
    tokio::select! {
        () = dispatcher::run(&gateway, deliveries) => {}
        () = render_worker::run(&gateway, queued) => {}
        () = session_end::run(&gateway) => {}
        () = idle_polling::run(&gateway.hub) => {}
        () = closing.cancelled() => {}
    }
    graceful_close::close(&gateway.hub, &engines).await;
}

fn start_engine<C: Contract>(
    engine: &Engine,
    gateway: &Arc<Gateway<C>>,
    pending_connects: &Arc<PendingConnects>,
) -> (SocketIoService<NotFoundService>, SocketIo) {
    let parser = ParserConfig::common()
        .max_incoming_binaries(MAX_ATTACHMENTS)
        .max_incoming_binary_buf_size(MAX_EVENT_BYTES);
    let (service, io) = SocketIo::builder()
        .with_parser(parser)
        // Matches the path with and without a slash at the end.
        .req_path(engine.path.trim_end_matches('/'))
        .connect_timeout(CONNECT_TIMEOUT)
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT)
        .max_payload(MAX_FRAME_BYTES as u64)
        .ws_max_message_size(MAX_FRAME_BYTES)
        .ws_max_frame_size(MAX_FRAME_BYTES)
        .ws_read_buffer_size(READ_BUFFER_BYTES)
        .max_buffer_size(MAX_QUEUED_FRAMES)
        .build_svc();
    for namespace in engine.namespaces {
        let (accepting, pending) = (Arc::clone(gateway), Arc::clone(pending_connects));
        let accept = move |socket: SocketRef, TryData(auth): TryData<Value>| async move {
            let auth = auth.unwrap_or_default();
            accepting.accept(&socket, auth, &pending).await
        };
        let (running, pending) = (Arc::clone(gateway), Arc::clone(pending_connects));
        let run_session =
            move |socket: SocketRef| async move { running.run_session(socket, &pending).await };
        io.ns(*namespace, run_session.with(accept));
    }
    if !engine.namespaces.contains(&ROOT) {
        open_root(&io, gateway, pending_connects);
    }
    (service, io)
}

/// Opens the namespace `/` of a contract that lives in another one.
fn open_root<C: Contract>(
    io: &SocketIo,
    gateway: &Arc<Gateway<C>>,
    pending_connects: &Arc<PendingConnects>,
) {
    let guests = Arc::new(Guests::default());
    let (accepting, pending) = (Arc::clone(gateway), Arc::clone(pending_connects));
    let admitted = Arc::clone(&guests);
    let accept = move |socket: SocketRef, TryData(auth): TryData<Value>| async move {
        let auth = auth.unwrap_or_default();
        let accepted = accepting.accept_at_root(&socket, auth, &pending, &admitted);
        accepted.await
    };
    let (running, pending) = (Arc::clone(gateway), Arc::clone(pending_connects));
    let run = move |socket: SocketRef, io: SocketIo| async move {
        running.run_at_root(socket, io, &pending, &guests).await;
    };
    io.ns(ROOT, run.with(accept));
}

/// A token that is cancelled when the server no longer accepts connections. Sockets that closed
/// earlier would come back here, from load balancers that do not know yet that this server stops.
fn closing(state: &State) -> CancellationToken {
    let (closing, shutdown) = (CancellationToken::new(), state.shutdown.clone());
    let delay = Duration::from_secs(state.config.shutdown_delay);
    let token = closing.clone();
    tokio::spawn(async move {
        shutdown.cancelled().await;
        tokio::time::sleep(delay).await;
        token.cancel();
    });
    closing
}
