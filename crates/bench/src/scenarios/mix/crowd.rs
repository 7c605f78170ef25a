//! People who are there, do what the plan says when it says so, and hear each other.

use super::{
    PAST, Town,
    plan::{Deed, Step},
};
use crate::{
    audience::read_message,
    error::{Error, Result},
    http::Caller,
    numbers::Latencies,
    senders::{is_ok, message},
    world::{Running, World},
};
use bench::{
    client::{Connection, Packet, Problem},
    people::{People, Person},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep},
};

/// Connections for pages and searches.
const CALLERS: usize = 16;

/// Tokens are good for a quarter of an hour.
const TOKEN: Duration = Duration::from_mins(10);

/// What has not come by then is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Words that people look for.
const WORDS: [&str; 4] = ["compliance", "warehouse", "incident", "invoice"];

pub struct Crowd {
    shared: Arc<Shared>,
    people: Vec<mpsc::UnboundedSender<(&'static str, String)>>,
    callers: (
        mpsc::UnboundedSender<Caller>,
        mpsc::UnboundedReceiver<Caller>,
    ),
    conversations: Vec<Place>,
    /// Who looks things up, and what signs their tokens.
    reader: Person,
    tokens: People,
    renewed: Instant,
    living: JoinSet<Result<()>>,
}

struct Place {
    id: model::ConversationId,
    members: Vec<usize>,
}

struct Shared {
    run: String,
    /// When each message was due, and in which conversation.
    due: Mutex<Vec<(Instant, usize)>>,
    /// The newest position that anybody has heard of, for each conversation.
    positions: Vec<AtomicU64>,
    expected: AtomicU64,
    heard: AtomicU64,
    others: AtomicU64,
    latencies: Mutex<HashMap<Kind, Latencies>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Delivered,
    Answered(&'static str),
}

pub struct Report {
    pub delivered: Latencies,
    pub others: u64,
    pub lost: u64,
    answered: HashMap<Kind, Latencies>,
}

impl Report {
    pub fn answered(&self, deed: Deed) -> Option<&Latencies> {
        self.answered.get(&Kind::Answered(name(deed)))
    }
}

impl Crowd {
    pub async fn gather(world: &World, server: &Running, town: &Town) -> Result<Self> {
        let connections = world.connect(server, &town.people).await?;
        let run: u32 = rand::random();
        let shared = Arc::new(Shared {
            run: format!("{run:x}"),
            due: Mutex::default(),
            positions: town
                .conversations
                .iter()
                .map(|_| AtomicU64::new(PAST as u64))
                .collect(),
            expected: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            others: AtomicU64::new(0),
            latencies: Mutex::default(),
        });
        let (mut living, mut people) = (JoinSet::new(), Vec::new());
        for connection in connections {
            let (tell, told) = mpsc::unbounded_channel();
            people.push(tell);
            living.spawn(live(connection, told, Arc::clone(&shared)));
        }
        let callers = mpsc::unbounded_channel();
        // Everybody is in the first conversation: one looks things up there for all.
        let reader = town.people[0];
        let token = world.people.token(&reader)?;
        for _ in 0..CALLERS {
            let caller = Caller::open(server.target(), &token).await?;
            callers.0.send(caller).map_err(|_| Problem::Ended)?;
        }
        let conversations = town.conversations.iter().map(|group| Place {
            id: group.id,
            members: group.members.clone(),
        });
        Ok(Self {
            shared,
            people,
            callers,
            conversations: conversations.collect(),
            reader,
            tokens: world.people.clone(),
            renewed: Instant::now(),
            living,
        })
    }

    /// Does all of it, and waits until everything has been heard.
    pub async fn live(&mut self, steps: &[Step]) -> Result<()> {
        let start = Instant::now();
        let mut calling = JoinSet::new();
        let mut clock = clock(start.into_std(), steps);
        for step in steps {
            let due = start + step.at;
            clock.recv().await;
            match step.deed {
                Deed::Send => self.send(step, due)?,
                Deed::Read => self.emit(step, "conversation:read")?,
                Deed::Type => self.emit(step, "typing:start")?,
                Deed::Page | Deed::Search => {
                    let caller = self.callers.1.recv().await.ok_or(Problem::Ended)?;
                    let path = self.path(step.deed);
                    let (back, shared) = (self.callers.0.clone(), Arc::clone(&self.shared));
                    calling.spawn(call(caller, path, back, shared, (due, step.deed)));
                }
            }
            if let Some(ended) = self.living.try_join_next() {
                ended??;
            }
        }
        while let Some(called) = calling.join_next().await {
            called??;
        }
        self.renew().await?;
        let late = Instant::now() + PATIENCE;
        while self.lost() > 0 && Instant::now() < late {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Gives the callers a fresh token, when it is time to.
    async fn renew(&mut self) -> Result<()> {
        if self.renewed.elapsed() < TOKEN {
            return Ok(());
        }
        self.renewed = Instant::now();
        let token = self.tokens.token(&self.reader)?;
        for _ in 0..CALLERS {
            let mut caller = self.callers.1.recv().await.ok_or(Problem::Ended)?;
            caller.renew(&token);
            self.callers.0.send(caller).map_err(|_| Problem::Ended)?;
        }
        Ok(())
    }

    /// The latencies so far do not count.
    pub fn forget(&self) {
        self.shared.lock().clear();
        self.shared.others.store(0, Relaxed);
    }

    pub fn report(&self) -> Report {
        let mut answered = self.shared.lock().clone();
        Report {
            delivered: answered.remove(&Kind::Delivered).unwrap_or_default(),
            others: self.shared.others.load(Relaxed),
            lost: self.lost(),
            answered,
        }
    }

    fn lost(&self) -> u64 {
        let shared = &self.shared;
        shared
            .expected
            .load(Relaxed)
            .saturating_sub(shared.heard.load(Relaxed))
    }

    fn send(&self, step: &Step, due: Instant) -> Result<()> {
        let place = &self.conversations[step.conversation];
        let number = {
            let mut dues = self
                .shared
                .due
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            dues.push((due, step.conversation));
            dues.len() - 1
        };
        self.shared
            .expected
            .fetch_add(place.members.len() as u64, Relaxed);
        let client_id = format!("{}-{number}", self.shared.run);
        self.tell(step, "message:send", message(place.id, &client_id))
    }

    fn emit(&self, step: &Step, event: &'static str) -> Result<()> {
        let id = self.conversations[step.conversation].id;
        let position = self.shared.positions[step.conversation].load(Relaxed);
        self.tell(
            step,
            event,
            format!(r#"{{"conversationId":"{id}","position":{position}}}"#),
        )
    }

    fn tell(&self, step: &Step, event: &'static str, payload: String) -> Result<()> {
        let person = self.conversations[step.conversation].members[step.member];
        let told = self.people[person].send((event, payload));
        Ok(told.map_err(|_| Problem::Ended)?)
    }

    fn path(&self, deed: Deed) -> String {
        if deed == Deed::Search {
            let word = WORDS[rand::random_range(0..WORDS.len())];
            return format!("/api/v1/search?q={word}&limit=20");
        }
        let id = self.conversations[0].id;
        let before = rand::random_range(51..1000);
        format!("/api/v1/conversations/{id}/messages?before={before}&limit=50")
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Kind, Latencies>> {
        self.latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, kind: Kind, latency: Duration) {
        self.lock().entry(kind).or_default().record(latency);
    }

    fn hear(&self, name: &str, payload: &str) {
        let message = (name == "message:created").then(|| read_message(payload, &self.run));
        let Some((seq, number)) = message.flatten() else {
            self.others.fetch_add(1, Relaxed);
            return;
        };
        let (due, conversation) = {
            let dues = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(due) = dues.get(number) else { return };
            *due
        };
        // Of seeded groups: the first change is the conversation's own, all others are messages.
        self.positions[conversation].fetch_max(seq.saturating_sub(1), Relaxed);
        self.record(Kind::Delivered, due.elapsed());
        self.heard.fetch_add(1, Relaxed);
    }
}

/// Says when each step is due; a thread of its own, because the runtime's clock is late by up to two
/// milliseconds.
fn clock(start: std::time::Instant, steps: &[Step]) -> mpsc::UnboundedReceiver<()> {
    let (tell, told) = mpsc::unbounded_channel();
    let dues: Vec<_> = steps.iter().map(|step| start + step.at).collect();
    thread::spawn(move || {
        for due in dues {
            thread::sleep(due.saturating_duration_since(std::time::Instant::now()));
            if tell.send(()).is_err() {
                return;
            }
        }
    });
    told
}

fn name(deed: Deed) -> &'static str {
    match deed {
        Deed::Search => "search",
        _ => "page",
    }
}

/// One person: says what they are told to, and hears the others.
async fn live(
    mut connection: Connection,
    mut told: mpsc::UnboundedReceiver<(&'static str, String)>,
    shared: Arc<Shared>,
) -> Result<()> {
    let mut number = 0;
    loop {
        tokio::select! {
            biased;
            deed = told.recv() => {
                let Some((event, payload)) = deed else { return Ok(()) };
                number += 1;
                connection.ask(number, event, &payload).await?;
            }
            packet = connection.next() => match packet? {
                Packet::Event { name, payload } => shared.hear(name, payload),
                Packet::Ack { payload, .. } if !is_ok(payload) => {
                    return Err(Error::wrong(format!("refused: {payload}")));
                }
                _ => {}
            }
        }
    }
}

async fn call(
    mut caller: Caller,
    path: String,
    back: mpsc::UnboundedSender<Caller>,
    shared: Arc<Shared>,
    (due, deed): (Instant, Deed),
) -> Result<()> {
    caller.get(&path).await?;
    shared.record(Kind::Answered(name(deed)), due.elapsed());
    back.send(caller).map_err(|_| Problem::Ended)?;
    Ok(())
}
