//! The people who chat meanwhile and have done nothing: each has a socket at the API or at a door.

use crate::{settings::Result, target::endpoint, test_bed::TestBed};
use bench::{
    client::{Connection, Packet},
    seed::{SeededUser, Seeder},
};
use hdrhistogram::Histogram;
use model::ConversationId;
use serde_json::json;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Groups of people, and the people of each: a third has sockets at the API, the others at two doors.
const GROUPS: usize = 10;
const PEOPLE_OF_GROUP: u8 = 6;

/// Between two messages of one group.
const SEND_INTERVAL: Duration = Duration::from_millis(500);

/// Between two newcomers, and how long one waits for an answer.
const NEWCOMER_INTERVAL: Duration = Duration::from_secs(1);
const NEWCOMER_PATIENCE: Duration = Duration::from_secs(10);

/// Before the time of sending, in the text of a message.
const MARK: &str = "sent at ";

pub struct People {
    shared: Arc<Shared>,
}

struct Shared {
    began_at: Instant,
    lot: Mutex<Lot>,
    sent: AtomicU64,
}

/// What has happened to the people.
#[derive(Clone)]
pub struct Lot {
    /// From a send to its delivery, in microseconds.
    latencies: Histogram<u64>,
    pub cuts: u64,
    pub refusals: u64,
    pub sent: u64,
    pub newcomers: u64,
}

impl Default for Lot {
    fn default() -> Self {
        let latencies = Histogram::new_with_bounds(1, 3_600_000_000, 3);
        Self {
            latencies: latencies.expect("the bounds are in order"),
            cuts: 0,
            refusals: 0,
            sent: 0,
            newcomers: 0,
        }
    }
}

impl Lot {
    pub fn deliveries(&self) -> u64 {
        self.latencies.len()
    }

    /// Whether every message reached nearly all of its group, and newcomers came.
    pub fn is_lively(&self) -> bool {
        let expected = self.sent * u64::from(PEOPLE_OF_GROUP - 1);
        self.sent > 0 && self.deliveries() * 10 > expected * 9 && self.newcomers > 0
    }

    /// In milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "a latency is far below 2^53 µs")]
    pub fn percentile(&self, percentile: f64) -> f64 {
        self.latencies.value_at_percentile(percentile) as f64 / 1000.0
    }
}

impl People {
    pub async fn connect(bed: &TestBed) -> Result<Self> {
        let shared = Arc::new(Shared {
            began_at: Instant::now(),
            lot: Mutex::default(),
            sent: AtomicU64::new(0),
        });
        for group in 0..GROUPS {
            let users = bed.seeder.create_users(PEOPLE_OF_GROUP.into()).await?;
            let id = bed.seeder.create_group(&users).await?;
            for (number, user) in (0..).zip(&users) {
                let (server, is_at_rooms) = match number % 3 {
                    0 => (bed.api(), false),
                    1 => (bed.conversations, false),
                    _ => (bed.rooms, true),
                };
                let seat = Seat {
                    server,
                    source: Ipv4Addr::new(
                        127,
                        0,
                        1,
                        u8::try_from(group)? * PEOPLE_OF_GROUP + number + 1,
                    ),
                    seeder: bed.seeder.clone(),
                    user: *user,
                    conversation: id,
                    sends: number == 0,
                    is_at_rooms,
                    shared: Arc::clone(&shared),
                };
                let connection = seat.open().await?;
                tokio::spawn(seat.chat(connection));
            }
        }
        let newcomers = Newcomers {
            server: bed.api(),
            seeder: bed.seeder.clone(),
            user: bed.seeder.create_users(1).await?[0],
            shared: Arc::clone(&shared),
        };
        tokio::spawn(newcomers.come());
        Ok(Self { shared })
    }

    pub async fn chat_for(&self, duration: Duration) {
        sleep(duration).await;
    }

    /// What has happened since the last call.
    pub fn reset(&mut self) -> Lot {
        let mut lot = self
            .shared
            .lot
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut lot = std::mem::take(&mut *lot);
        lot.sent = self.shared.sent.swap(0, Ordering::Relaxed);
        lot
    }
}

/// People who come for the first time while others chat, each from a network that was not there before.
struct Newcomers {
    server: SocketAddr,
    seeder: Seeder,
    user: SeededUser,
    shared: Arc<Shared>,
}

impl Newcomers {
    async fn come(self) {
        for number in (0..=u8::MAX).cycle() {
            let arrived = timeout(NEWCOMER_PATIENCE, self.open(number)).await;
            if matches!(arrived, Ok(Ok(_))) {
                self.shared.note(|lot| lot.newcomers += 1);
            } else {
                self.shared.note(|lot| lot.refusals += 1);
            }
            sleep(NEWCOMER_INTERVAL).await;
        }
    }

    async fn open(&self, number: u8) -> Result<Connection> {
        let endpoint = endpoint(self.server, Ipv4Addr::new(127, 0, 2, number));
        let auth = json!({ "token": self.seeder.token(&self.user)? });
        Ok(Connection::open_namespace(endpoint, "", &auth).await?)
    }
}

impl Shared {
    fn note(&self, change: impl FnOnce(&mut Lot)) {
        change(&mut self.lot.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// One of the people.
struct Seat {
    server: SocketAddr,
    source: Ipv4Addr,
    seeder: Seeder,
    user: SeededUser,
    conversation: ConversationId,
    /// One of the group sends, at the API.
    sends: bool,
    is_at_rooms: bool,
    shared: Arc<Shared>,
}

impl Seat {
    async fn open(&self) -> Result<Connection> {
        let endpoint = endpoint(self.server, self.source);
        let mut token = self.seeder.token(&self.user)?;
        if self.is_at_rooms {
            token.insert_str(0, "Bearer ");
        }
        let auth = json!({ "token": token, "userId": self.user.user_id });
        if !self.is_at_rooms {
            return Ok(Connection::open_namespace(endpoint, "", &auth).await?);
        }
        let mut connection = Connection::open_namespace(endpoint, "/chat,", &auth).await?;
        let room = json!({ "roomId": self.conversation });
        connection.emit("chat:join", &room.to_string()).await?;
        Ok(connection)
    }

    /// Chats until the process ends, and comes back when it is cut.
    async fn chat(self, first: Connection) {
        let mut connection = Some(first);
        loop {
            if let Some(open) = connection.take() {
                self.chat_over(open).await;
                self.shared.note(|lot| lot.cuts += 1);
            }
            sleep(Duration::from_secs(1)).await;
            match self.open().await {
                Ok(open) => connection = Some(open),
                Err(_) => self.shared.note(|lot| lot.refusals += 1),
            }
        }
    }

    /// Sends and receives until the connection ends.
    async fn chat_over(&self, mut connection: Connection) {
        let mut ticks = interval(SEND_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut number = 0;
        loop {
            tokio::select! {
                packet = connection.next() => match packet {
                    Ok(Packet::Event { payload, .. }) => self.on_event(payload),
                    Ok(Packet::Ack { payload, .. }) => self.on_ack(payload),
                    Ok(_) => {}
                    Err(_) => return,
                },
                _ = ticks.tick(), if self.sends => {
                    number += 1;
                    let body = format!("{MARK}{} .", self.shared.began_at.elapsed().as_micros());
                    let message = json!({ "conversationId": self.conversation, "body": body });
                    let message = message.to_string();
                    let sent = connection.emit_with_ack(number, "message:send", &message);
                    if sent.await.is_err() {
                        return;
                    }
                    self.shared.sent.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// A message says in its text when it was sent.
    fn on_event(&self, payload: &str) {
        let text = payload.split_once(MARK).map(|(_, text)| text);
        let sent_at = text.and_then(|text| text.split(' ').next()?.parse().ok());
        if let Some(sent_at) = sent_at {
            let elapsed = self.shared.began_at.elapsed();
            let latency = elapsed.saturating_sub(Duration::from_micros(sent_at));
            let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
            self.shared
                .note(|lot| lot.latencies.saturating_record(micros));
        }
    }

    fn on_ack(&self, payload: &str) {
        if !payload.contains(r#""ok":true"#) {
            self.shared.note(|lot| lot.refusals += 1);
        }
    }
}
