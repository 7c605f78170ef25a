//! Simulated client that behaves as documented: it retries under the same `clientId`, resumes by
//! sequence, and keeps its own copy of every conversation.

mod auth_tokens;
mod command;
mod history;
mod live_connection;
mod outbox;
mod server_event;
mod spec;
mod state;
mod task;

pub use auth_tokens::first_refresh_token;
pub use command::ClientCommand;
pub use history::History;
pub use spec::ClientSpec;

use crate::observed::ClientRecord;
use auth_tokens::AuthTokens;
use state::{ClientState, lock_state};
use std::sync::{Arc, Mutex, MutexGuard};
use task::ClientTask;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

/// Handle of a running client; dropping it aborts its task.
pub struct SimulatedClient {
    spec: Arc<ClientSpec>,
    state: Arc<Mutex<ClientState>>,
    command: watch::Sender<ClientCommand>,
    reconnect: Arc<Notify>,
    task: JoinHandle<()>,
}

impl SimulatedClient {
    /// Spawns the client, which connects at once and stays connected.
    pub fn spawn(spec: ClientSpec, command: ClientCommand) -> Self {
        let state = Arc::new(Mutex::new(ClientState::new(&spec.conversations)));
        let (sender, receiver) = watch::channel(command);
        let spec = Arc::new(spec);
        let reconnect = Arc::new(Notify::new());
        let task = ClientTask {
            spec: Arc::clone(&spec),
            state: Arc::clone(&state),
            command: receiver,
            reconnect: Arc::clone(&reconnect),
            tokens: AuthTokens::new(&spec),
        };
        Self {
            spec,
            state,
            command: sender,
            reconnect,
            task: tokio::spawn(task.run()),
        }
    }

    pub fn command(&self, command: ClientCommand) {
        self.command.send_replace(command);
    }

    /// Disconnects, and connects again, first to the home node.
    pub fn reconnect(&self) {
        self.reconnect.notify_one();
    }

    pub fn state(&self) -> MutexGuard<'_, ClientState> {
        lock_state(&self.state)
    }

    /// What the client has sent and received so far.
    pub fn record(&self) -> ClientRecord {
        self.state().record(&self.spec)
    }
}

impl Drop for SimulatedClient {
    fn drop(&mut self) {
        self.task.abort();
    }
}
