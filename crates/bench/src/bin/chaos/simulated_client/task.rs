//! Task of a simulated client: connects, serves the connection until it ends, and connects again.

use super::{
    auth_tokens::AuthTokens,
    command::ClientCommand,
    live_connection::LiveConnection,
    spec::ClientSpec,
    state::{ClientState, lock_state},
};
use bench::client::{ClientError, Connection, Endpoint};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

/// A client reconnects at a random moment within this time, however often it fails. It is much sooner
/// than documented: the clients come back while a node is still starting, many at the same moment.
const RECONNECT_DELAY: Duration = Duration::from_millis(40);

/// How long connecting may take, the handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

pub struct ClientTask {
    pub spec: Arc<ClientSpec>,
    pub state: Arc<Mutex<ClientState>>,
    pub command: watch::Receiver<ClientCommand>,
    /// Notified when the client is to disconnect and to connect again.
    pub reconnect: Arc<Notify>,
    pub tokens: AuthTokens,
}

impl ClientTask {
    /// Runs until the task is aborted.
    pub async fn run(mut self) {
        let servers = self.spec.servers.clone();
        let mut server = 0;
        loop {
            let mut endpoint = Endpoint::new(servers[server]);
            if self.spec.has_small_receive_buffer {
                endpoint = endpoint.with_small_receive_buffer();
            }
            match self.connect(endpoint).await {
                Some(connection) => {
                    let mut connection = LiveConnection::new(&self.spec, &self.state, connection);
                    tokio::select! {
                        // The client reconnects in the same way, whatever ended the connection.
                        _ = connection.run(&mut self.command) => {}
                        () = self.reconnect.notified() => server = 0,
                    }
                    lock_state(&self.state).on_disconnect();
                }
                None => server = (server + 1) % servers.len(),
            }
            sleep(RECONNECT_DELAY.mul_f64(rand::random())).await;
        }
    }

    /// `None` when the server did not accept the connection. An expired access token is refreshed, so
    /// that the next attempt has another one.
    async fn connect(&mut self, endpoint: Endpoint) -> Option<Connection> {
        let token = self.tokens.access(&self.spec)?;
        match timeout(CONNECT_TIMEOUT, Connection::open(endpoint, &token)).await {
            Ok(Ok(connection)) => Some(connection),
            Ok(Err(ClientError::Refused(reason))) if reason.contains("unauthenticated") => {
                if self.tokens.refresh(endpoint.server).await {
                    lock_state(&self.state).token_refreshes += 1;
                }
                None
            }
            _ => None,
        }
    }
}
