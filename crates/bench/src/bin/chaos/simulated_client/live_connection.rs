//! One connection of a simulated client, from the handshake to its end.

use super::{
    command::ClientCommand,
    history::Change,
    outbox::backoff,
    server_event::{Ready, SendOutcome, ServerEvent, SyncAnswer},
    spec::ClientSpec,
    state::{ClientState, lock_state},
};
use bench::client::{ClientError, Connection, Packet};
use serde_json::json;
use std::{collections::HashMap, sync::Mutex, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// How long an acknowledgement may take. A send is then tried again, and a `sync` asked again.
const ACK_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection without any packet for this long is closed; the server's heartbeats are more
/// frequent.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(45);

/// Interval of looking for timeouts, for a due `sync` and for due messages.
const TICK_INTERVAL: Duration = Duration::from_millis(20);

/// A gap is synced at a random moment within this time, since what is missing may still arrive by
/// itself; after a failure within twice of it, and so on up to the maximum.
const SYNC_DELAY: Duration = Duration::from_millis(500);
const MAX_SYNC_DELAY: Duration = Duration::from_secs(30);

enum Request {
    /// Index of the send in the outbox.
    Send(usize),
    Sync,
}

/// A packet that no longer borrows the connection's buffer.
enum Received {
    Ready(Ready),
    Event(ServerEvent),
    Ack(u64, String),
    Ignored,
}

pub struct LiveConnection<'a> {
    spec: &'a ClientSpec,
    state: &'a Mutex<ClientState>,
    connection: Connection,
    /// Requests without an acknowledgement, by ack id, with the time of sending.
    requests: HashMap<u64, (Request, Instant)>,
    last_ack_id: u64,
    last_packet_at: Instant,
    sync_at: Option<Instant>,
    sync_failures: u32,
    next_message_at: Instant,
}

impl<'a> LiveConnection<'a> {
    pub fn new(
        spec: &'a ClientSpec,
        state: &'a Mutex<ClientState>,
        connection: Connection,
    ) -> Self {
        let now = Instant::now();
        Self {
            spec,
            state,
            connection,
            requests: HashMap::new(),
            last_ack_id: 0,
            last_packet_at: now,
            sync_at: None,
            sync_failures: 0,
            next_message_at: now,
        }
    }

    /// Returns when the connection ends.
    pub async fn run(
        &mut self,
        command: &mut watch::Receiver<ClientCommand>,
    ) -> Result<(), ClientError> {
        let mut tick = Instant::now();
        loop {
            let current = *command.borrow_and_update();
            if !current.is_reading {
                if command.changed().await.is_err() {
                    return Ok(());
                }
                self.last_packet_at = Instant::now();
                continue;
            }
            tokio::select! {
                packet = self.connection.next() => {
                    let received = Received::from_packet(packet?);
                    self.last_packet_at = Instant::now();
                    self.receive(received).await?;
                }
                () = sleep_until(tick) => {
                    tick = Instant::now() + TICK_INTERVAL;
                    if self.last_packet_at.elapsed() > SILENCE_TIMEOUT {
                        return Err(ClientError::Timeout);
                    }
                    self.on_tick(current).await?;
                }
                changed = command.changed() => if changed.is_err() {
                    return Ok(());
                },
            }
        }
    }

    async fn receive(&mut self, received: Received) -> Result<(), ClientError> {
        match received {
            Received::Ready(ready) => {
                lock_state(self.state).on_connect(&ready);
                self.send_sync().await
            }
            Received::Event(event) => {
                self.on_event(event);
                Ok(())
            }
            Received::Ack(id, answer) => match self.requests.remove(&id) {
                Some((Request::Send(index), _)) => {
                    self.on_send_ack(index, &answer);
                    self.flush().await
                }
                Some((Request::Sync, _)) => self.on_sync_ack(&answer).await,
                // It has timed out, and was asked again.
                None => Ok(()),
            },
            Received::Ignored => Ok(()),
        }
    }

    fn on_event(&mut self, event: ServerEvent) {
        let now = self.spec.now();
        let mut state = lock_state(self.state);
        let heard = event.heard(state.connections);
        state.heard.push(heard);
        let Some(history) = state.histories.get_mut(&heard.conversation) else {
            return;
        };
        history.receive(heard.seq, event.change(), now);
        let is_behind = state.is_behind();
        drop(state);
        self.schedule_sync(is_behind);
    }

    /// Schedules a `sync` when a change is missing and none is scheduled.
    fn schedule_sync(&mut self, is_behind: bool) {
        if is_behind && self.sync_at.is_none() {
            self.sync_at = Some(Instant::now() + self.sync_delay());
        }
    }

    fn sync_delay(&self) -> Duration {
        backoff(
            self.sync_failures,
            SYNC_DELAY,
            MAX_SYNC_DELAY,
            rand::random(),
        )
    }

    fn on_send_ack(&mut self, index: usize, answer: &str) {
        let now = self.spec.now();
        let mut state = lock_state(self.state);
        match SendOutcome::parse(answer) {
            SendOutcome::Sent(ack, message) => {
                state.last_ack = Some(Instant::now());
                let conversation = state.outbox.sent()[index].conversation;
                state.outbox.acknowledge(index, ack);
                if let Some(history) = state.histories.get_mut(&conversation) {
                    let (message, is_new) = (*message, true);
                    history.apply_in_order(ack.seq, Some(Change { message, is_new }), now);
                }
            }
            SendOutcome::RetryAfter(seconds) => {
                let least = Duration::from_secs(seconds);
                state.outbox.postpone(index, least, rand::random());
            }
            SendOutcome::Refused(answer) => {
                state.refused.push(answer);
                state.outbox.give_up(index);
            }
        }
        let is_behind = state.is_behind();
        drop(state);
        self.schedule_sync(is_behind);
    }

    async fn on_sync_ack(&mut self, answer: &str) -> Result<(), ClientError> {
        let Some(answer) = SyncAnswer::parse(answer) else {
            self.sync_failures += 1;
            self.sync_at = Some(Instant::now() + self.sync_delay());
            return Ok(());
        };
        if self.apply_sync(answer) {
            self.send_sync().await
        } else {
            self.flush().await
        }
    }

    /// Returns whether there is more to ask for.
    fn apply_sync(&mut self, answer: SyncAnswer) -> bool {
        let now = self.spec.now();
        let mut state = lock_state(self.state);
        for event in answer.changes {
            if let Some(history) = state.histories.get_mut(&event.conversation()) {
                history.apply_synced(event.seq, event.change(), now);
            }
        }
        state.is_online |= !answer.has_more;
        let is_behind = state.is_behind();
        drop(state);
        if !answer.has_more {
            self.sync_failures = 0;
            self.schedule_sync(is_behind);
        }
        answer.has_more
    }

    /// Handles timeouts, a due `sync` and due messages.
    async fn on_tick(&mut self, command: ClientCommand) -> Result<(), ClientError> {
        let now = Instant::now();
        let timed_out: Vec<_> = self
            .requests
            .extract_if(|_, (_, sent_at)| now - *sent_at > ACK_TIMEOUT)
            .collect();
        for (_, (request, _)) in timed_out {
            match request {
                Request::Send(index) => {
                    lock_state(self.state)
                        .outbox
                        .postpone(index, Duration::ZERO, rand::random());
                }
                Request::Sync => self.sync_at = Some(now),
            }
        }
        if self.sync_at.is_some_and(|at| at <= now) {
            self.sync_at = None;
            self.send_sync().await?;
        }
        while let Some(interval) = command.send_interval
            && self.next_message_at <= now
        {
            // Exponentially distributed intervals: a Poisson process.
            let chance: f64 = rand::random_range(f64::EPSILON..1.0);
            self.next_message_at += interval.mul_f64(-chance.ln()).max(Duration::from_millis(1));
            lock_state(self.state).push_random_send(self.spec, command.padding_bytes);
        }
        if command.send_interval.is_none() {
            self.next_message_at = now;
        }
        self.flush().await
    }

    /// Sends everything in the outbox that may be sent now.
    async fn flush(&mut self) -> Result<(), ClientError> {
        let due = {
            let mut state = lock_state(self.state);
            if !state.is_online {
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
                    "clientId": format!("{}-{}", self.spec.name, due.index),
                });
                ("message:send", payload)
            };
            self.request(Request::Send(due.index), event, &payload.to_string())
                .await?;
        }
        Ok(())
    }

    async fn send_sync(&mut self) -> Result<(), ClientError> {
        let known = json!({ "conversations": lock_state(self.state).seqs() });
        self.request(Request::Sync, "sync", &known.to_string())
            .await
    }

    async fn request(
        &mut self,
        request: Request,
        event: &str,
        payload: &str,
    ) -> Result<(), ClientError> {
        self.last_ack_id += 1;
        let sent = (request, Instant::now());
        self.requests.insert(self.last_ack_id, sent);
        self.connection
            .emit_with_ack(self.last_ack_id, event, payload)
            .await
    }
}

impl Received {
    fn from_packet(packet: Packet<'_>) -> Self {
        match packet {
            Packet::Event {
                name: "ready",
                payload,
            } => Ready::parse(payload).map_or(Self::Ignored, Self::Ready),
            // Others have no sequence number.
            Packet::Event { payload, .. } => {
                ServerEvent::parse(payload).map_or(Self::Ignored, Self::Event)
            }
            Packet::Ack { id, payload } => Self::Ack(id, payload.to_owned()),
            _ => Self::Ignored,
        }
    }
}
