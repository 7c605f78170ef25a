//! Many who listen to one conversation, and some of them who speak: who has heard what, when, and in
//! which order.

mod ear;

pub use ear::read_message;

use crate::{
    contender::Contender,
    error::{Error, Result},
    numbers::Latencies,
    senders::{BODY, message},
};
use bench::client::{Connection, Packet, Problem};
use ear::Ear;
use model::ConversationId;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
    time::{Instant, timeout},
};

/// What is said in all.
const MOST: usize = 1 << 20;

/// So many of the listeners can speak.
const SPEAKERS: usize = 64;

/// After that a message is lost.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Audience {
    shared: Arc<Shared>,
    id: ConversationId,
    contender: Contender,
    speakers: Vec<mpsc::UnboundedSender<String>>,
    _listening: JoinSet<()>,
}

pub struct Summary {
    pub lost: u64,
    pub inversions: u64,
    /// Events that were no messages.
    pub others: u64,
    pub deliveries: u64,
}

/// What all of them know together.
pub struct Shared {
    listeners: usize,
    /// Names the messages of this audience.
    run: String,
    start: Instant,
    /// When a message was said, or due, in microseconds after the start.
    said: Vec<AtomicU64>,
    /// How many have heard it.
    heard: Vec<AtomicU32>,
    next: AtomicU64,
    /// Messages that everybody has heard.
    complete: AtomicU64,
    lost: AtomicU64,
    inversions: AtomicU64,
    others: AtomicU64,
    deliveries: AtomicU64,
    broken: AtomicBool,
    changed: Notify,
    latencies: Mutex<Latencies>,
}

impl Audience {
    pub fn gather(connections: Vec<Connection>, id: ConversationId, contender: Contender) -> Self {
        let shared = Arc::new(Shared::new(connections.len()));
        let mut listening = JoinSet::new();
        let mut speakers = Vec::new();
        for (number, connection) in connections.into_iter().enumerate() {
            // The yardstick orders nothing, and so nothing can be out of order.
            let ear = Ear::new(Arc::clone(&shared), contender != Contender::Bare);
            let (speaker, speech) = mpsc::unbounded_channel();
            if number < SPEAKERS {
                speakers.push(speaker);
            }
            let shared = Arc::clone(&shared);
            listening.spawn(async move {
                let listened = if number < SPEAKERS {
                    take_part(connection, ear, speech).await
                } else {
                    listen(connection, ear).await
                };
                if let Err(error) = listened {
                    eprintln!("a listener was cut: {error}");
                    shared.broken.store(true, Relaxed);
                    shared.changed.notify_one();
                }
            });
        }
        Self {
            shared,
            id,
            contender,
            speakers,
            _listening: listening,
        }
    }

    pub fn listeners(&self) -> usize {
        self.shared.listeners
    }

    /// How many messages so far.
    pub fn said(&self) -> u64 {
        self.shared.next.load(Relaxed)
    }

    /// That speaker says something now.
    pub async fn say(&self, speaker: usize) -> Result<()> {
        self.say_due(speaker, Instant::now()).await
    }

    /// The same, and it was due then: latencies count from that moment.
    pub async fn say_due(&self, speaker: usize, due: Instant) -> Result<()> {
        let shared = &self.shared;
        let number = shared.next.fetch_add(1, Relaxed);
        let index = usize::try_from(number).unwrap_or(MOST);
        let Some(said) = shared.said.get(index) else {
            return Err(Error::wrong("too much was said"));
        };
        said.store(micros(due - shared.start), Relaxed);
        let client_id = format!("{}-{number}", shared.run);
        let payload = match self.contender {
            Contender::Bare => self.event(number, &client_id),
            _ => message(self.id, &client_id),
        };
        let speaker = &self.speakers[speaker % self.speakers.len()];
        speaker.send(payload).map_err(|_| Problem::Ended)?;
        // Speakers are tasks of this runtime: let them.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// What others send in answer to a message: bare, it is told as it came.
    fn event(&self, seq: u64, client_id: &str) -> String {
        let id = self.id;
        format!(
            r#"{{"type":"message:created","conversationId":"{id}","seq":{seq},"message":{{"id":"{seq}","conversationId":"{id}","position":{seq},"seq":{seq},"sender":{{"id":"1000","username":"person-1000","name":"Person 1000","avatarUrl":null}},"kind":"text","body":"{BODY}","replyTo":null,"attachments":[],"reactions":[],"official":false,"clientId":"{client_id}","createdAt":"2026-02-03T11:20:04.123Z","editedAt":null,"deletedAt":null}}}}"#
        )
    }

    /// Waits until everybody has heard everything. What does not come is lost.
    pub async fn heard_all(&self) -> Result<()> {
        let shared = &self.shared;
        let waiting = async {
            while shared.complete.load(Relaxed) < shared.next.load(Relaxed) {
                shared.changed.notified().await;
                if shared.broken.load(Relaxed) {
                    return Err(Problem::Ended.into());
                }
            }
            Ok(())
        };
        if let Ok(waited) = timeout(PATIENCE, waiting).await {
            return waited;
        }
        let said = shared.next.load(Relaxed);
        let expected = said * shared.listeners as u64;
        let missing = expected - shared.deliveries.load(Relaxed);
        shared.lost.store(missing, Relaxed);
        shared.complete.store(said, Relaxed);
        Ok(())
    }

    /// When the last one of the audience had each message, since `forget`.
    pub fn latencies(&self) -> Latencies {
        self.shared.lock().clone()
    }

    pub fn forget(&self) {
        *self.shared.lock() = Latencies::default();
    }

    pub fn summary(&self) -> Summary {
        let shared = &self.shared;
        Summary {
            lost: shared.lost.load(Relaxed),
            inversions: shared.inversions.load(Relaxed),
            others: shared.others.load(Relaxed),
            deliveries: shared.deliveries.load(Relaxed),
        }
    }
}

impl Shared {
    fn new(listeners: usize) -> Self {
        let run: u32 = rand::random();
        Self {
            listeners,
            run: format!("{run:x}"),
            start: Instant::now(),
            said: std::iter::repeat_with(AtomicU64::default)
                .take(MOST)
                .collect(),
            heard: std::iter::repeat_with(AtomicU32::default)
                .take(MOST)
                .collect(),
            next: AtomicU64::new(0),
            complete: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            inversions: AtomicU64::new(0),
            others: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            broken: AtomicBool::new(false),
            changed: Notify::new(),
            latencies: Mutex::default(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Latencies> {
        self.latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// One more has heard it.
    fn hear(&self, index: usize) {
        self.deliveries.fetch_add(1, Relaxed);
        let Some(heard) = self.heard.get(index) else {
            return;
        };
        if heard.fetch_add(1, Relaxed) as usize + 1 < self.listeners {
            return;
        }
        let said = Duration::from_micros(self.said[index].load(Relaxed));
        self.lock()
            .record(self.start.elapsed().saturating_sub(said));
        self.complete.fetch_add(1, Relaxed);
        self.changed.notify_one();
    }
}

async fn listen(mut connection: Connection, mut ear: Ear) -> Result<()> {
    loop {
        if let Packet::Event { name, payload } = connection.next().await? {
            ear.hear(name, payload);
        }
    }
}

/// Listens, and says what it is told to.
async fn take_part(
    mut connection: Connection,
    mut ear: Ear,
    mut speech: mpsc::UnboundedReceiver<String>,
) -> Result<()> {
    let mut number = 0;
    loop {
        tokio::select! {
            biased;
            payload = speech.recv() => {
                let Some(payload) = payload else { return Ok(()) };
                number += 1;
                connection.ask(number, "message:send", &payload).await?;
            }
            packet = connection.next() => match packet? {
                Packet::Event { name, payload } => ear.hear(name, payload),
                Packet::Ack { payload, .. } if !crate::senders::is_ok(payload) => {
                    return Err(Error::wrong(format!("a send was refused: {payload}")));
                }
                _ => {}
            }
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
