//! Many nodes: what this one says to the others, and how it hears of what they commit.
//!
//! A node never waits for another: its own doors are told first, and what is said over Redis may
//! get lost. What matters stands in the database, and is found there by sequence.

mod attempts;
mod careful;
mod hearing;
mod joining;
mod mending;
mod peers;
mod sweeping;
mod tending;
mod word;

pub(crate) use attempts::{Count, Counted};
pub use joining::{BusState, JoinError};
pub use word::{NodeId, Word};

use crate::events::{
    Doors, Frame,
    sequence::{Reading, Sequencer, Source},
};
use ::redis::aio::MultiplexedConnection;
use model::UserId;
use peers::Peers;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
};

/// What waits to be said to the others. Beyond it words are dropped.
const OUTBOX: usize = 8192;

/// How long what is missing may be on its way from another node. It costs those who wait.
const PATIENCE: Duration = Duration::from_millis(150);

/// How long to wait before looking for what happened while somebody was let in.
const SETTLING: Duration = Duration::from_millis(100);

pub struct Nodes {
    pub id: NodeId,
    doors: Doors,
    sequencer: Mutex<Sequencer>,
    outbox: mpsc::Sender<Word>,
    /// Words that nobody has been told, since the last that was.
    dropped: AtomicU64,
    peers: Mutex<Peers>,
    /// Where there is a connection, the bus is up.
    connection: Mutex<Option<MultiplexedConnection>>,
    /// Told apart from other chats on the same Redis.
    name: Mutex<String>,
    /// When this node last heard itself over the bus.
    echo: Mutex<Instant>,
    gap: Notify,
    sweep: Notify,
    doubts: AtomicBool,
    introduce: AtomicBool,
    leaving: AtomicBool,
    left: Notify,
    stop: watch::Sender<bool>,
    tasks: Mutex<JoinSet<()>>,
    announced: Mutex<sweeping::Announced>,
}

impl Nodes {
    pub fn new() -> (Arc<Self>, mpsc::Receiver<Word>) {
        let (outbox, post) = mpsc::channel(OUTBOX);
        let nodes = Self {
            id: NodeId::random(),
            doors: Doors::default(),
            sequencer: Mutex::default(),
            outbox,
            dropped: 0.into(),
            peers: Mutex::default(),
            connection: Mutex::default(),
            name: Mutex::default(),
            echo: Mutex::new(Instant::now()),
            gap: Notify::new(),
            sweep: Notify::new(),
            doubts: false.into(),
            introduce: false.into(),
            leaving: false.into(),
            left: Notify::new(),
            stop: watch::Sender::new(false),
            tasks: Mutex::default(),
            announced: Mutex::default(),
        };
        (Arc::new(nodes), post)
    }

    pub fn doors(&self) -> &Doors {
        &self.doors
    }

    /// To this node's doors first, and then to the others.
    pub fn publish(&self, frame: Frame) {
        let source = Source {
            node: self.id,
            here: true,
        };
        self.accept(frame.clone(), source);
        self.say(Word::Frame(Arc::new(frame)));
    }

    fn accept(&self, frame: Frame, source: Source) {
        if self.is_told_already(&frame) {
            return;
        }
        let patience = if self.is_up() {
            PATIENCE
        } else {
            Duration::ZERO
        };
        let due = Instant::now() + patience;
        self.sequence(|sequencer, out| sequencer.accept(frame, source, due, out));
    }

    /// Says it to the other nodes, without waiting for anything.
    pub fn say(&self, word: Word) {
        if self.outbox.try_send(word).is_err() {
            self.note_dropped(1);
        }
    }

    pub fn note_dropped(&self, count: u64) {
        self.dropped.fetch_add(count, Relaxed);
        metrics::counter!("parlance_bus_dropped_total").increment(count);
    }

    /// How many words were dropped since this was asked last.
    pub fn take_dropped(&self) -> u64 {
        self.dropped.swap(0, Relaxed)
    }

    /// Lets the sequencer decide, and tells the doors of this node in that order.
    fn sequence<T>(
        &self,
        work: impl FnOnce(&mut Sequencer, &mut Vec<Arc<crate::Delivery>>) -> T,
    ) -> T {
        let mut out = Vec::new();
        let mut sequencer = lock(&self.sequencer);
        let due = sequencer.next_due();
        let result = work(&mut sequencer, &mut out);
        for delivery in out {
            self.doors.tell(delivery);
        }
        let is_sooner = match (due, sequencer.next_due()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(now)) => now < before,
        };
        drop(sequencer);
        if is_sooner {
            self.gap.notify_one();
        }
        result
    }

    /// A user's memberships are about to be read.
    pub fn expect(&self, user_id: UserId) {
        lock(&self.sequencer).expect(user_id, Instant::now());
    }

    /// They have been read.
    pub fn enter(&self, user_id: UserId, reading: &Reading) {
        let due = Instant::now() + SETTLING;
        if !self.sequence(|sequencer, _| sequencer.enter(user_id, reading, due)) {
            self.doubt();
        }
    }

    pub fn is_up(&self) -> bool {
        lock(&self.connection).is_some()
    }

    fn connection(&self) -> Option<MultiplexedConnection> {
        lock(&self.connection).clone()
    }

    /// What this chat calls its channel and its keys.
    pub fn name(&self) -> String {
        lock(&self.name).clone()
    }

    pub fn set_name(&self, name: String) {
        *lock(&self.name) = name;
    }

    /// From here on the others hear this node, and it hears them.
    pub fn connected(&self, connection: MultiplexedConnection) {
        *lock(&self.echo) = Instant::now();
        lock(&self.peers).reconnected(Instant::now());
        *lock(&self.connection) = Some(connection);
        metrics::gauge!("parlance_bus_up").set(1);
        self.say(Word::Ask(None));
        self.introduce();
        self.doubt();
    }

    pub fn disconnected(&self) {
        *lock(&self.connection) = None;
        metrics::gauge!("parlance_bus_up").set(0);
        self.sequence(|sequencer, _| sequencer.hurry(Instant::now()));
        self.sweep.notify_one();
    }

    /// Whether this node has not heard itself for so long that nobody else will have either.
    pub fn is_mute(&self, patience: Duration) -> bool {
        lock(&self.echo).elapsed() > patience
    }

    /// Something may have been said that this node has not heard: it asks the database.
    pub fn doubt(&self) {
        self.doubts.store(true, Relaxed);
        self.sweep.notify_one();
    }

    /// Says, soon, who is connected here.
    fn introduce(&self) {
        self.introduce.store(true, Relaxed);
    }

    /// Waits until the node has nothing more to do with the others.
    pub async fn stopped(&self) {
        // Its own sender lives as long as this call, so there is always an answer.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    fn has_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// The last word has been said.
    pub fn note_left(&self) {
        self.left.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
