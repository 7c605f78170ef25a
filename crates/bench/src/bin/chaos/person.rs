//! A client that behaves as documented: it retries under the same name, resumes by sequence, and
//! keeps its own copy of what was said.

mod connected;
mod history;
mod outbox;
mod tokens;
mod words;

pub use tokens::first_refresh_token;

use crate::verdict::Testimony;
use bench::{
    client::{Connection, Problem, Target},
    people::{People, Person as Account},
};
use connected::Connected;
pub use history::History;
use outbox::{Outbox, backoff};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokens::Tokens;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Another connection is tried at a random moment within this, after a failure within twice of it,
/// and so on.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5);

/// How long a connection may take to be let in.
const ENTRANCE: Duration = Duration::from_secs(20);

/// One in so many is not a message but an edit of the last one.
const EDITS: u32 = 10;

/// What the person is to do.
#[derive(Clone, Copy, Debug)]
pub struct Orders {
    /// A message every so often, on average; in any of the conversations.
    pub every: Option<Duration>,
    /// Without it, nothing is read and nothing is done: the process is stopped, so to say.
    pub awake: bool,
    /// Of each message, to fill it up.
    pub bytes: usize,
}

/// Who it is, and where they go.
#[derive(Clone)]
pub struct Character {
    pub name: String,
    pub account: Account,
    pub people: People,
    pub conversations: Vec<i64>,
    /// The first is home; the next one is tried when it does not answer.
    pub servers: Vec<SocketAddr>,
    /// Whether their machine has little room for what they have not read.
    pub slow: bool,
    /// What the times of the run count from.
    pub started: Instant,
}

impl Character {
    /// In microseconds of the run.
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

pub struct Person {
    character: Arc<Character>,
    state: Arc<Mutex<State>>,
    orders: watch::Sender<Orders>,
    /// Told when to hang up and to connect again.
    anew: Arc<Notify>,
    task: JoinHandle<()>,
}

/// What the person knows.
pub struct State {
    pub outbox: Outbox,
    pub histories: BTreeMap<i64, History>,
    pub refused: Vec<String>,
    /// Connected, and up to date with what was missed.
    pub online: bool,
    pub connections: u64,
    /// How often an access token was too old.
    pub refreshed: u64,
    pub last_ack: Option<Instant>,
    number: u64,
}

impl Person {
    /// Connects, and stays until it is dropped.
    pub fn start(character: Character, orders: Orders) -> Self {
        let state = Arc::new(Mutex::new(State::new(&character.conversations)));
        let (sender, receiver) = watch::channel(orders);
        let character = Arc::new(character);
        let anew = Arc::new(Notify::new());
        let life = Life {
            character: Arc::clone(&character),
            state: Arc::clone(&state),
            orders: receiver,
            anew: Arc::clone(&anew),
            tokens: Tokens::new(&character),
        };
        let task = tokio::spawn(life.live());
        Self {
            character,
            state,
            orders: sender,
            anew,
            task,
        }
    }

    pub fn order(&self, orders: Orders) {
        self.orders.send_replace(orders);
    }

    /// Hangs up, and connects again, first to the server that is home.
    pub fn reconnect(&self) {
        self.anew.notify_one();
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub fn testimony(&self) -> Testimony {
        let state = self.state();
        let histories = state.histories.iter();
        Testimony {
            name: self.character.name.clone(),
            user: self.character.account.user_id.0,
            sent: state.outbox.sent().to_vec(),
            refused: state.refused.clone(),
            records: histories
                .map(|(id, it)| (*id, it.record().clone()))
                .collect(),
        }
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    fn new(conversations: &[i64]) -> Self {
        // A conversation's own making is the first of its changes, and known.
        let histories = conversations
            .iter()
            .map(|id| (*id, History::starting_at(1)));
        Self {
            outbox: Outbox::default(),
            histories: histories.collect(),
            refused: Vec::new(),
            online: false,
            connections: 0,
            refreshed: 0,
            last_ack: None,
            number: 0,
        }
    }

    pub fn is_behind(&self) -> bool {
        self.histories.values().any(History::is_behind)
    }

    pub fn seqs(&self) -> BTreeMap<String, i64> {
        let histories = self.histories.iter();
        histories
            .map(|(id, it)| (id.to_string(), it.seq()))
            .collect()
    }

    fn disconnect(&mut self) {
        self.online = false;
        self.outbox.disconnect();
    }

    fn connect(&mut self) {
        self.connections += 1;
        self.histories.values_mut().for_each(History::connect);
    }

    /// Puts another message into the outbox, in any of the conversations; or an edit of the last.
    fn say_something(&mut self, character: &Character, bytes: usize) {
        if rand::random_ratio(1, EDITS) {
            return self.outbox.push_edit(|body| format!("{body} edited"));
        }
        let conversations = &character.conversations;
        let conversation = conversations[rand::random_range(0..conversations.len())];
        self.number += 1;
        let (name, number) = (&character.name, self.number);
        let mut body = format!("{name}.{number}");
        if bytes > 0 {
            body = format!("{body} {:.<bytes$}", "");
        }
        self.outbox.push(conversation, body);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Life {
    character: Arc<Character>,
    state: Arc<Mutex<State>>,
    orders: watch::Receiver<Orders>,
    anew: Arc<Notify>,
    tokens: Tokens,
}

impl Life {
    /// Connects again and again.
    async fn live(mut self) {
        let servers = self.character.servers.clone();
        let (mut server, mut failures) = (0, 0);
        loop {
            let mut target = Target::new(servers[server]);
            if self.character.slow {
                target = target.slow();
            }
            match self.enter(target).await {
                Some(connection) => {
                    let mut connected = Connected::new(&self.character, &self.state, connection);
                    tokio::select! {
                        // Why it ended does not matter: what follows is the same.
                        _ = connected.run(&mut self.orders) => {}
                        () = self.anew.notified() => server = 0,
                    }
                    if connected.was_ready {
                        failures = 0;
                    }
                    lock(&self.state).disconnect();
                }
                None => server = (server + 1) % servers.len(),
            }
            sleep(backoff(failures, FIRST, LONGEST, rand::random())).await;
            failures += 1;
        }
    }

    async fn enter(&mut self, target: Target) -> Option<Connection> {
        let token = self.tokens.access(&self.character)?;
        match timeout(ENTRANCE, Connection::open(target, &token)).await {
            Ok(Ok(connection)) => Some(connection),
            Ok(Err(Problem::Refused(why))) if why.contains("unauthenticated") => {
                if self.tokens.refresh(target.server).await {
                    lock(&self.state).refreshed += 1;
                }
                None
            }
            _ => None,
        }
    }
}
