//! A client that behaves as documented: it retries under the same name, resumes by sequence, and
//! keeps its own copy of what was said.

mod connected;
mod history;
mod outbox;
mod words;

use crate::verdict::Testimony;
use bench::{
    client::{Connection, Target},
    people::{People, Person as Account},
};
use connected::Connected;
use hdrhistogram::Histogram;
use history::History;
use outbox::{Outbox, backoff};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// The first wait before a new connection, and the longest.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(10);

/// How long a connection may take to be let in.
const ENTRANCE: Duration = Duration::from_secs(20);

/// What the person is to do.
#[derive(Clone, Copy, Debug)]
pub struct Orders {
    /// A message every so often, on average; in any of the conversations.
    pub every: Option<Duration>,
    /// Without it, nothing is read and nothing is done: the process is stopped, so to say.
    pub awake: bool,
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
    /// What the times in the messages count from.
    pub started: Instant,
}

pub struct Person {
    character: Arc<Character>,
    state: Arc<Mutex<State>>,
    orders: watch::Sender<Orders>,
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
    pub last_ack: Option<Instant>,
    /// Microseconds from sending to hearing, of what was heard as it happened.
    pub latencies: Histogram<u64>,
    number: u64,
}

impl Person {
    /// Connects, and stays until it is dropped.
    pub fn start(character: Character, orders: Orders) -> Self {
        let state = Arc::new(Mutex::new(State::new(&character.conversations)));
        let (sender, receiver) = watch::channel(orders);
        let character = Arc::new(character);
        let task = tokio::spawn(live(Arc::clone(&character), Arc::clone(&state), receiver));
        Self {
            character,
            state,
            orders: sender,
            task,
        }
    }

    pub fn order(&self, orders: Orders) {
        self.orders.send_replace(orders);
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
            last_ack: None,
            latencies: Histogram::new(3).expect("three digits are allowed"),
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

    /// Puts another message into the outbox, in any of the conversations.
    fn say_something(&mut self, character: &Character) {
        let conversations = &character.conversations;
        let conversation = conversations[rand::random_range(0..conversations.len())];
        self.number += 1;
        let (name, number) = (&character.name, self.number);
        let now = character.started.elapsed().as_micros();
        self.outbox
            .push(conversation, format!("{name}.{number}.{now}"));
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connects again and again.
async fn live(
    character: Arc<Character>,
    state: Arc<Mutex<State>>,
    mut orders: watch::Receiver<Orders>,
) {
    let mut failures = 0;
    let mut server = 0;
    loop {
        let target = Target::new(character.servers[server % character.servers.len()]);
        if let Some(connection) = enter(&character, target).await {
            let mut connected = Connected::new(&character, &state, connection);
            // Why it ended does not matter: what follows is the same.
            let _ = connected.run(&mut orders).await;
            if connected.was_ready {
                failures = 0;
            }
            let mut state = lock(&state);
            state.online = false;
            state.outbox.disconnect();
        } else {
            server += 1;
        }
        sleep(backoff(failures, FIRST, LONGEST, rand::random())).await;
        failures += 1;
    }
}

async fn enter(character: &Character, target: Target) -> Option<Connection> {
    // A fresh one each time: it lives for minutes only.
    let token = character.people.token(&character.account).ok()?;
    timeout(ENTRANCE, Connection::open(target, &token))
        .await
        .ok()?
        .ok()
}
