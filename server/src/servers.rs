//! The listening servers: bound, run, and brought to an end.

use crate::{Config, State, api, layers, pages, telemetry};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state, map_response},
};
use chat::Chat;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use tower_http::catch_panic::CatchPanicLayer;

#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {host}:{port}: {cause}")]
pub struct BindError {
    host: String,
    port: u16,
    cause: std::io::Error,
}

/// All that listens. A test starts the same on port 0.
pub struct Servers {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    state: State,
    /// Ends when the sockets have.
    sockets: JoinHandle<()>,
}

/// Takes the address, and connections from then on; they are answered once `run` is called.
pub async fn bind(config: Config, chat: Chat) -> Result<Servers, BindError> {
    let listener = TcpListener::bind((config.host.as_str(), config.port)).await;
    let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) = bound.map_err(|cause| BindError {
        host: config.host.clone(),
        port: config.port,
        cause,
    })?;
    telemetry::metrics::init();
    let state = State::new(config, chat);
    let sockets = api::socket::open(&state);
    Ok(Servers {
        listener,
        address,
        router: router(&state, sockets.router),
        state,
        sockets: sockets.closed,
    })
}

/// All that the main address answers.
fn router(state: &State, sockets: Router<State>) -> Router {
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
        .layer(layers::cors(Arc::clone(&state.origins)))
        .layer(map_response(layers::secure))
        .layer(from_fn(telemetry::observe))
        .with_state(state.clone())
}

impl Servers {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told to stop, and then until what is in flight has finished, within bounds.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let Self {
            listener,
            router,
            state,
            sockets,
            ..
        } = self;
        let shutdown = state.shutdown.clone();
        let delay = Duration::from_secs(state.config.shutdown_delay);
        let bound = Duration::from_secs(state.config.shutdown_timeout);
        let stopped = {
            let shutdown = shutdown.clone();
            async move {
                stop.await;
                shutdown.begin();
                tokio::time::sleep(delay).await;
            }
        };
        let app = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, app).with_graceful_shutdown(stopped);
        tokio::select! {
            ended = async { (serving.await, sockets.await).0 } => ended,
            () = async { shutdown.begun().await; tokio::time::sleep(delay + bound).await } => {
                tracing::warn!("gave up on work that did not finish in time");
                Ok(())
            }
        }
    }
}
