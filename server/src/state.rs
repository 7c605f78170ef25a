//! The state of the axum routers: everything that handlers share.

use crate::{
    Config,
    connections::ConnectionLimits,
    envelope::Proxies,
    gateway::QueueBudget,
    origin::Origins,
    rate_limit::{HandshakeLimiter, RequestLimiter},
    receive_budget::ReceiveBudget,
    site,
};
use axum::extract::FromRef;
use chat::Chat;
use leptos::config::LeptosOptions;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Clones share everything.
#[derive(Clone)]
pub struct State {
    pub chat: Chat,
    pub config: Arc<Config>,
    pub origins: Arc<Origins>,
    pub proxies: Arc<Proxies>,
    /// The rate limit of requests; none if the configuration lifts it.
    pub request_limiter: Option<Arc<RequestLimiter>>,
    /// What may wait for the sockets of all gateways.
    pub queue_budget: Arc<QueueBudget>,
    /// The rate limit of new connections of Socket.IO; none if the configuration lifts it.
    pub handshake_limiter: Option<Arc<HandshakeLimiter>>,
    /// The memory for unfinished bodies and messages.
    pub receive_budget: ReceiveBudget,
    /// Of all addresses together.
    pub connection_limits: Arc<ConnectionLimits>,
    /// Cancelled when the server begins to stop.
    pub shutdown: CancellationToken,
    /// Where the pages find their scripts and styles.
    pub site: Arc<LeptosOptions>,
}

impl State {
    pub fn new(config: Config, chat: Chat) -> Self {
        Self {
            chat,
            origins: Arc::new(Origins::new(config.allowed_origins())),
            proxies: Arc::new(Proxies::new(
                config.trusted_proxies.clone(),
                config.proxy_headers,
            )),
            request_limiter: RequestLimiter::new(&config).map(Arc::new),
            queue_budget: Arc::default(),
            handshake_limiter: HandshakeLimiter::new(&config).map(Arc::new),
            receive_budget: ReceiveBudget::default(),
            connection_limits: Arc::new(ConnectionLimits::new(&config)),
            shutdown: CancellationToken::new(),
            site: Arc::new(site::options(config.site_root.as_deref())),
            config: Arc::new(config),
        }
    }
}

impl FromRef<State> for LeptosOptions {
    fn from_ref(state: &State) -> Self {
        LeptosOptions::clone(&state.site)
    }
}

impl FromRef<State> for Chat {
    fn from_ref(state: &State) -> Self {
        state.chat.clone()
    }
}
