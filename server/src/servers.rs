//! The listening servers: bind the addresses, serve, and shut down gracefully.

use crate::{
    Config, State, api,
    config::ContractPort,
    connections::{self, Timeouts},
    contracts::{CONTRACTS, ContractSpec},
    data_archive, envelope, file_content, hooks, identities, late_refusals, layers, link_pictures,
    pages, pictures, telemetry,
};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state, map_request, map_response},
};
use chat::{AccessWatch, Chat};
use futures_util::future::join_all;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpSocket, lookup_host},
    task::JoinHandle,
    time::MissedTickBehavior,
};
use tower_http::catch_panic::CatchPanicLayer;

/// Connections that may wait to be accepted. The kernel caps it at `net.core.somaxconn`.
const BACKLOG: u32 = 4096;

#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {host}:{port}: {cause}")]
pub struct BindError {
    host: String,
    port: u16,
    cause: io::Error,
}

/// Between two looks for users whose access has changed without this node being told. Their tokens are refused
/// at once; this bounds how long their sockets stay.
const ACCESS_INTERVAL: Duration = Duration::from_secs(5);

/// The main address and those of the contracts, bound and ready to serve.
pub struct Servers {
    state: State,
    main: BoundListener,
    contracts: Vec<(&'static str, BoundListener)>,
    /// One task per gateway; it ends after the gateway's sockets have been closed.
    closed_gateways: Vec<JoinHandle<()>>,
}

/// A listener with its address and the routes that it will serve.
struct BoundListener {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

/// Binds all addresses. Clients can connect from here on, and are answered once `run` is called.
pub async fn bind(config: Config, chat: Chat) -> Result<Servers, BindError> {
    let host = config.host.clone();
    let main = listen(&host, config.port).await?;
    let ports = config.contracts.clone().unwrap_or_default().0;
    let mut listeners = Vec::new();
    for port in &ports {
        listeners.push(listen_for_contract(&host, port).await?);
    }
    telemetry::metrics::init();
    let state = State::new(config, chat);
    let sockets = api::socket::open(&state);
    let mut closed_gateways = vec![sockets.closed];
    let mut nested = Router::new();
    let mut contracts = Vec::new();
    for (port, listener) in ports.iter().zip(listeners) {
        let Some(spec) = find_contract(port.name) else {
            continue;
        };
        let contract = spec.mount(&state);
        nested = nested.nest(
            &format!("/contracts/{}", contract.name),
            contract.router.clone(),
        );
        closed_gateways.push(contract.closed);
        if let Some(listener) = listener {
            let router = contract.router.merge(pictures::files(&state));
            let router = with_global_layers(router, &state);
            contracts.push((contract.name, BoundListener::new(listener, router)));
        }
    }
    let router = main_routes(&state, sockets.router).merge(nested);
    let router = with_global_layers(router, &state)
        .layer(from_fn_with_state(state.clone(), api::tus::announce));
    Ok(Servers {
        main: BoundListener::new(main, router),
        contracts,
        closed_gateways,
        state,
    })
}

/// The contract of this name. A test asserts that the names of the setting all have one.
fn find_contract(name: &str) -> Option<&'static ContractSpec> {
    CONTRACTS.iter().find(|spec| spec.name == name)
}

async fn listen(host: &str, port: u16) -> Result<(TcpListener, SocketAddr), BindError> {
    let listener = open_listener(host, port).await;
    let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) = bound.map_err(|cause| BindError {
        host: host.to_owned(),
        port,
        cause,
    })?;
    Ok((listener, address))
}

/// Binds like `TcpListener::bind`, which has a backlog of 1,024: too few when all clients reconnect.
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

/// Binds the contract's own port. A default port that is busy is only logged, because the main
/// address serves the contract, too.
async fn listen_for_contract(
    host: &str,
    contract: &ContractPort,
) -> Result<Option<(TcpListener, SocketAddr)>, BindError> {
    let Some(port) = contract.port else {
        return Ok(None);
    };
    match listen(host, port).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if contract.explicit => Err(error),
        Err(error) => {
            let name = contract.name;
            tracing::warn!(%error, "the contract {name} has no port of its own");
            Ok(None)
        }
    }
}

/// The routes of the main address, without the contracts.
fn main_routes(state: &State, sockets: Router<State>) -> Router<State> {
    api::router(state)
        .merge(pages::router(state))
        .merge(file_content::router(state))
        .merge(data_archive::router(state))
        .merge(link_pictures::router(state))
        .merge(pictures::files(state))
        .merge(pictures::forms(state))
        .merge(identities::router(state))
        .merge(hooks::router(state))
        .merge(telemetry::routes())
        .layer(layers::compression())
        .layer(map_request(layers::accept_identity))
        .layer(from_fn_with_state(state.clone(), layers::time_out))
        .layer(from_fn_with_state(
            state.clone(),
            layers::reject_foreign_origins,
        ))
        // The gateway looks at origins itself, and answers in the words of Engine.IO.
        .merge(sockets)
        .layer(CatchPanicLayer::custom(layers::panic_response))
}

/// Adds the layers that every response of every address passes.
fn with_global_layers(router: Router<State>, state: &State) -> Router {
    router
        .layer(from_fn(envelope::refuse_malformed))
        .layer(layers::cors(state))
        .layer(map_response(layers::expose_to_other_origins))
        .layer(map_response(layers::set_security_headers))
        .layer(from_fn(telemetry::observe))
        // The server has done its part by then: the delay is no time of its own.
        .layer(from_fn_with_state(state.clone(), late_refusals::delay))
        .with_state(state.clone())
}

impl BoundListener {
    fn new((listener, address): (TcpListener, SocketAddr), router: Router) -> Self {
        Self {
            listener,
            address,
            router,
        }
    }

    async fn serve(self, state: State, stopped: impl Future<Output = ()>) {
        let timeouts = Timeouts::new(&state.config);
        let limits = state.connection_limits;
        connections::serve(self.listener, self.router, limits, timeouts, stopped).await;
    }
}

impl Servers {
    pub fn address(&self) -> SocketAddr {
        self.main.address
    }

    /// The contracts that have a port of their own, by name.
    pub fn contract_addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        self.contracts
            .iter()
            .map(|(name, listener)| (*name, listener.address))
    }

    /// Serves until `stop` ends, and then until requests and events in flight have been answered, for
    /// three quarters of `SHUTDOWN_TIMEOUT` at most: the rest is for leaving the other nodes and the
    /// database.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let Self {
            state,
            main,
            contracts,
            closed_gateways,
        } = self;
        let shutdown = state.shutdown.clone();
        let delay = Duration::from_secs(state.config.shutdown_delay);
        let timeout = Duration::from_secs(state.config.shutdown_timeout) * 3 / 4;
        let token = shutdown.clone();
        tokio::spawn(async move {
            stop.await;
            token.cancel();
        });
        let chat = state.chat.clone();
        let upkeep = tokio::spawn(async move {
            tokio::join!(
                disconnect_changed_users(chat.clone()),
                chat.keep_registered(),
                chat.keep_swept(),
                chat.keep_files_watched(),
                chat.keep_indexed(),
                chat.keep_time(),
                chat.keep_link_previews(),
                chat.keep_emails(),
                chat.keep_audit_log(),
                chat.keep_erased(),
            )
        });
        // Readiness fails at once; connections are accepted until the delay is over.
        let stopped = || {
            let shutdown = shutdown.clone();
            async move {
                shutdown.cancelled().await;
                tokio::time::sleep(delay).await;
            }
        };
        let listeners = contracts.into_iter().map(|(_, it)| it).chain([main]);
        let serving = join_all(listeners.map(|it| it.serve(state.clone(), stopped())));
        let gateways = join_all(closed_gateways);
        tokio::select! {
            _ = async { (serving.await, gateways.await) } => {}
            () = async { stopped().await; tokio::time::sleep(timeout).await } => {
                tracing::warn!("gave up on work that did not finish in time");
            }
        }
        upkeep.abort();
        if let Err(error) = state.chat.write_refusals().await {
            tracing::warn!(%error, "refused sign-ins of the last minute are not in the audit log");
        }
        state.chat.unregister().await;
        state.chat.leave().await;
        Ok(())
    }
}

/// Disconnects users whose access has changed, until it is aborted.
async fn disconnect_changed_users(chat: Chat) {
    let mut watch = AccessWatch::new();
    let mut interval = tokio::time::interval(ACCESS_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if let Err(error) = chat.disconnect_changed_users(&mut watch).await {
            tracing::debug!(%error, "changes of access are looked for again later");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{config::CONTRACT_PORTS, contracts::CONTRACTS};

    #[test]
    fn every_contract_has_a_name_in_the_setting() {
        let specs: Vec<_> = CONTRACTS
            .iter()
            .map(|spec| (spec.name, spec.port))
            .collect();
        assert_eq!(specs, CONTRACT_PORTS);
    }
}
