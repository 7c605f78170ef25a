//! The time between a `ready` and the end of the connection.

use super::{
    Character, Orders, State,
    history::Change,
    lock,
    outbox::backoff,
    words::{Outcome, Synced, Told},
};
use bench::client::{Connection, Packet, Problem};
use serde_json::json;
use std::{collections::HashMap, sync::Mutex, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// How long an acknowledgement may take.
const ANSWER: Duration = Duration::from_secs(10);

/// A server that has said nothing for so long is not there any more: it says something more often.
const SILENCE: Duration = Duration::from_secs(45);

/// How often it is looked whether something is due.
const TICK: Duration = Duration::from_millis(20);

/// What is missing is asked for at a random moment within this, since it may come by itself; after a
/// failure within twice of it, and so on.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

enum Question {
    Send(usize),
    Sync,
}

/// A packet, free of the buffer that it came in.
enum Heard {
    Ready,
    Told(Told),
    Answer(u64, String),
    Nothing,
}

pub struct Connected<'a> {
    character: &'a Character,
    state: &'a Mutex<State>,
    connection: Connection,
    asked: HashMap<u64, (Question, Instant)>,
    last_id: u64,
    last_heard: Instant,
    /// When to ask for what was missed.
    sync_at: Option<Instant>,
    sync_failures: u32,
    next_message: Instant,
    pub was_ready: bool,
}

impl<'a> Connected<'a> {
    pub fn new(character: &'a Character, state: &'a Mutex<State>, connection: Connection) -> Self {
        let now = Instant::now();
        Self {
            character,
            state,
            connection,
            asked: HashMap::new(),
            last_id: 0,
            last_heard: now,
            sync_at: None,
            sync_failures: 0,
            next_message: now,
            was_ready: false,
        }
    }

    /// Returns when the connection ends.
    pub async fn run(&mut self, orders: &mut watch::Receiver<Orders>) -> Result<(), Problem> {
        let mut tick = Instant::now();
        loop {
            let now = *orders.borrow_and_update();
            if !now.awake {
                if orders.changed().await.is_err() {
                    return Ok(());
                }
                self.last_heard = Instant::now();
                continue;
            }
            tokio::select! {
                packet = self.connection.next() => {
                    let heard = Heard::of(packet?);
                    self.last_heard = Instant::now();
                    self.take(heard).await?;
                }
                () = sleep_until(tick) => {
                    tick = Instant::now() + TICK;
                    if self.last_heard.elapsed() > SILENCE {
                        return Err(Problem::Late);
                    }
                    self.work(now).await?;
                }
                changed = orders.changed() => if changed.is_err() {
                    return Ok(());
                },
            }
        }
    }

    async fn take(&mut self, heard: Heard) -> Result<(), Problem> {
        match heard {
            Heard::Ready => {
                self.was_ready = true;
                lock(self.state).connect();
                self.sync().await
            }
            Heard::Told(told) => {
                self.hear(told);
                Ok(())
            }
            Heard::Answer(id, answer) => match self.asked.remove(&id) {
                Some((Question::Send(place), _)) => {
                    self.settle(place, &answer);
                    self.flush().await
                }
                Some((Question::Sync, _)) => self.catch_up(&answer).await,
                // Too late: it has been asked again.
                None => Ok(()),
            },
            Heard::Nothing => Ok(()),
        }
    }

    fn hear(&mut self, told: Told) {
        let now = self.character.now();
        let mut state = lock(self.state);
        let (conversation, seq) = (told.conversation(), told.seq);
        let Some(history) = state.histories.get_mut(&conversation) else {
            return;
        };
        if let Some(change) = told.change() {
            history.hear(seq, change, now);
        }
        let is_behind = state.is_behind();
        drop(state);
        self.heal(is_behind);
    }

    /// Asks for what is missing, if it does not come by itself in a moment.
    fn heal(&mut self, is_behind: bool) {
        if is_behind && self.sync_at.is_none() {
            let wait = backoff(self.sync_failures, FIRST, LONGEST, rand::random());
            self.sync_at = Some(Instant::now() + wait);
        }
    }

    fn settle(&mut self, place: usize, answer: &str) {
        let now = self.character.now();
        let mut state = lock(self.state);
        match Outcome::read(answer) {
            Outcome::Sent(ack, message) => {
                state.last_ack = Some(Instant::now());
                let conversation = state.outbox.sent()[place].conversation;
                state.outbox.acknowledge(place, ack);
                if let Some(history) = state.histories.get_mut(&conversation) {
                    let (message, is_new) = (*message, true);
                    history.take_in_turn(ack.seq, Change { message, is_new }, now);
                }
            }
            Outcome::Later(seconds) => {
                let least = Duration::from_secs(seconds);
                state.outbox.postpone(place, least, rand::random());
            }
            Outcome::Refused(answer) => {
                state.refused.push(answer);
                state.outbox.give_up(place);
            }
        }
        let is_behind = state.is_behind();
        drop(state);
        self.heal(is_behind);
    }

    async fn catch_up(&mut self, answer: &str) -> Result<(), Problem> {
        let Some(synced) = Synced::read(answer) else {
            self.sync_failures += 1;
            let wait = backoff(self.sync_failures, FIRST, LONGEST, rand::random());
            self.sync_at = Some(Instant::now() + wait);
            return Ok(());
        };
        if self.learn(synced) {
            self.sync().await
        } else {
            self.flush().await
        }
    }

    /// Whether there is more to ask for.
    fn learn(&mut self, synced: Synced) -> bool {
        let now = self.character.now();
        let mut state = lock(self.state);
        for told in synced.changes {
            if let Some(history) = state.histories.get_mut(&told.conversation()) {
                history.catch_up(told.seq, told.change(), now);
            }
        }
        state.online |= !synced.has_more;
        let is_behind = state.is_behind();
        drop(state);
        if !synced.has_more {
            self.sync_failures = 0;
            self.heal(is_behind);
        }
        synced.has_more
    }

    /// What is due by the clock.
    async fn work(&mut self, orders: Orders) -> Result<(), Problem> {
        let now = Instant::now();
        let late: Vec<_> = self
            .asked
            .extract_if(|_, (_, asked)| now - *asked > ANSWER)
            .collect();
        for (_, (question, _)) in late {
            match question {
                Question::Send(place) => {
                    lock(self.state)
                        .outbox
                        .postpone(place, Duration::ZERO, rand::random());
                }
                Question::Sync => self.sync_at = Some(now),
            }
        }
        if self.sync_at.is_some_and(|at| at <= now) {
            self.sync_at = None;
            self.sync().await?;
        }
        while let Some(every) = orders.every
            && self.next_message <= now
        {
            let chance: f64 = rand::random_range(f64::EPSILON..1.0);
            self.next_message += every.mul_f64(-chance.ln()).max(Duration::from_millis(1));
            lock(self.state).say_something(self.character, orders.bytes);
        }
        if orders.every.is_none() {
            self.next_message = now;
        }
        self.flush().await
    }

    /// Sends whatever can be sent now.
    async fn flush(&mut self) -> Result<(), Problem> {
        let due = {
            let mut state = lock(self.state);
            if !state.online {
                return Ok(());
            }
            state.outbox.take_due(Instant::now())
        };
        for due in due {
            let (event, payload) = if let Some(id) = due.edits {
                let payload = json!({ "id": id.to_string(), "body": due.body });
                ("message:edit", payload)
            } else {
                let payload = json!({
                    "conversationId": due.conversation.to_string(),
                    "body": due.body,
                    "clientId": format!("{}-{}", self.character.name, due.place),
                });
                ("message:send", payload)
            };
            self.ask(Question::Send(due.place), event, &payload.to_string())
                .await?;
        }
        Ok(())
    }

    async fn sync(&mut self) -> Result<(), Problem> {
        let known = json!({ "conversations": lock(self.state).seqs() });
        self.ask(Question::Sync, "sync", &known.to_string()).await
    }

    async fn ask(&mut self, question: Question, event: &str, payload: &str) -> Result<(), Problem> {
        self.last_id += 1;
        self.asked.insert(self.last_id, (question, Instant::now()));
        self.connection.ask(self.last_id, event, payload).await
    }
}

impl Heard {
    fn of(packet: Packet<'_>) -> Self {
        match packet {
            Packet::Event { name: "ready", .. } => Self::Ready,
            // Others are not in the sequence, or not for us.
            Packet::Event { name, payload } if name.starts_with("message:") => {
                Told::read(payload).map_or(Self::Nothing, Self::Told)
            }
            Packet::Ack { id, payload } => Self::Answer(id, payload.to_owned()),
            _ => Self::Nothing,
        }
    }
}
