//! The listening servers: bound, run, and brought to an end.

use crate::{Config, State, api, config::DoorSetting, layers, pages, telemetry};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state, map_response},
    serve::ListenerExt,
};
use chat::Chat;
use futures_util::future::{join_all, try_join_all};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpSocket, lookup_host},
    task::JoinHandle,
};
use tower_http::catch_panic::CatchPanicLayer;

#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {host}:{port}: {cause}")]
pub struct BindError {
    host: String,
    port: u16,
    cause: io::Error,
}

/// All that listens. A test starts the same on port 0.
pub struct Servers {
    state: State,
    main: Listening,
    doors: Vec<(&'static str, Listening)>,
    /// Each ends when the sockets of a door have.
    closed: Vec<JoinHandle<()>>,
}

struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

/// Takes the addresses, and connections from then on; they are answered once `run` is called.
pub async fn bind(config: Config, chat: Chat) -> Result<Servers, BindError> {
    let host = config.host.clone();
    let main = listen(&host, config.port).await?;
    let settings = config.contracts.clone().unwrap_or_default().0;
    let mut listeners = Vec::new();
    for setting in &settings {
        listeners.push(listen_at_door(&host, setting).await?);
    }
    telemetry::metrics::init();
    let state = State::new(config, chat);
    let sockets = api::socket::open(&state);
    let mut closed = vec![sockets.closed];
    let mut nested = Router::new();
    let mut doors = Vec::new();
    for (setting, listener) in settings.iter().zip(listeners) {
        let door = setting.door.mount(&state);
        nested = nested.nest(&format!("/contracts/{}", door.name), door.router.clone());
        closed.push(door.closed);
        if let Some(listener) = listener {
            let router = dress(door.router, &state);
            doors.push((door.name, Listening::new(listener, router)));
        }
    }
    let router = dress(main_routes(&state, sockets.router).merge(nested), &state);
    Ok(Servers {
        main: Listening::new(main, router),
        doors,
        closed,
        state,
    })
}

/// Connections that may wait to be accepted; the kernel has a bound of its own (`somaxconn`).
const BACKLOG: u32 = 4096;

type Bound = (TcpListener, SocketAddr);

async fn listen(host: &str, port: u16) -> Result<Bound, BindError> {
    let listener = open_listener(host, port).await;
    let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) = bound.map_err(|cause| BindError {
        host: host.to_owned(),
        port,
        cause,
    })?;
    Ok((listener, address))
}

/// As tokio would bind it, but with room for all who come back at once.
async fn open_listener(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address");
    for address in lookup_host((host, port)).await? {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// A port that nobody asked for may be busy: the door is open on the main address all the same.
async fn listen_at_door(host: &str, setting: &DoorSetting) -> Result<Option<Bound>, BindError> {
    let Some(port) = setting.port else {
        return Ok(None);
    };
    match listen(host, port).await {
        Ok(bound) => Ok(Some(bound)),
        Err(error) if setting.insists => Err(error),
        Err(error) => {
            let name = setting.door.name;
            tracing::warn!(%error, "the contract {name} has no port of its own");
            Ok(None)
        }
    }
}

/// All that the main address answers, but the doors.
fn main_routes(state: &State, sockets: Router<State>) -> Router<State> {
    api::router(state)
        .merge(pages::router(state))
        .merge(telemetry::routes())
        .layer(from_fn_with_state(state.clone(), layers::limit_time))
        .merge(sockets)
        .layer(CatchPanicLayer::custom(layers::answer_panic))
        .layer(from_fn_with_state(
            state.clone(),
            layers::refuse_foreign_pages,
        ))
}

/// What every answer gets, of whatever address.
fn dress(router: Router<State>, state: &State) -> Router {
    router
        .layer(layers::cors(Arc::clone(&state.origins)))
        .layer(map_response(layers::secure))
        .layer(from_fn(telemetry::observe))
        .with_state(state.clone())
}

impl Listening {
    fn new((listener, address): Bound, router: Router) -> Self {
        Self {
            listener,
            address,
            router,
        }
    }

    async fn serve(self, stopped: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let app = self
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        // What is said is said at once: without this, the second small frame waits 40 ms for the
        // client to acknowledge the first.
        let listener = self.listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its frames back");
            }
        });
        axum::serve(listener, app)
            .with_graceful_shutdown(stopped)
            .await
    }
}

impl Servers {
    pub fn address(&self) -> SocketAddr {
        self.main.address
    }

    /// Where the doors are that have a port of their own.
    pub fn doors(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        self.doors.iter().map(|(name, door)| (*name, door.address))
    }

    /// Serves until told to stop, and then until what is in flight has finished, within bounds.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let Self {
            state,
            main,
            doors,
            closed,
        } = self;
        let shutdown = state.shutdown.clone();
        let delay = Duration::from_secs(state.config.shutdown_delay);
        let bound = Duration::from_secs(state.config.shutdown_timeout);
        let signal = shutdown.clone();
        tokio::spawn(async move {
            stop.await;
            signal.cancel();
        });
        let ended = || {
            let shutdown = shutdown.clone();
            async move {
                shutdown.cancelled().await;
                tokio::time::sleep(delay).await;
            }
        };
        let listening = doors.into_iter().map(|(_, door)| door).chain([main]);
        let serving = try_join_all(listening.map(|one| one.serve(ended())));
        let sockets = join_all(closed);
        let served = tokio::select! {
            served = async { (serving.await, sockets.await).0 } => served.map(|_| ()),
            () = async { ended().await; tokio::time::sleep(bound).await } => {
                tracing::warn!("gave up on work that did not finish in time");
                Ok(())
            }
        };
        state.chat.leave().await;
        served
    }
}
