//! Workload of a company: every user's connection, and the actions of a plan, each at its time.

use super::{
    company::Company,
    measurements::{Measurements, Report},
    plan::{Action, Step},
};
use crate::{
    env::{BenchEnv, RunningServer},
    error::{Error, Result},
    http_client::HttpClient,
    payload::{is_ok, send_payload},
};
use bench::{
    client::{ClientError, Connection, Packet},
    seed::{SeededUser, Seeder},
};
use model::ConversationId;
use std::{sync::Arc, thread, time::Duration};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep},
};

/// HTTP connections for pages and searches.
const HTTP_CLIENTS: usize = 16;

/// Age at which the access token of the HTTP clients is replaced; tokens expire after 15 minutes.
const TOKEN_REFRESH_INTERVAL: Duration = Duration::from_mins(10);

/// How long a plan waits for the deliveries that are still missing at its end. They then count as
/// lost.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Search terms.
const WORDS: [&str; 4] = ["compliance", "warehouse", "incident", "invoice"];

/// Event name and JSON payload that a connection has to emit.
type Emit = (&'static str, String);

pub struct Workload {
    measurements: Arc<Measurements>,
    users: Vec<mpsc::UnboundedSender<Emit>>,
    /// Pool of idle HTTP clients.
    http_clients: (
        mpsc::UnboundedSender<HttpClient>,
        mpsc::UnboundedReceiver<HttpClient>,
    ),
    conversations: Vec<Conversation>,
    /// User of all HTTP requests, and what signs the tokens.
    reader: SeededUser,
    seeder: Seeder,
    token_signed_at: Instant,
    connections: JoinSet<Result<()>>,
}

struct Conversation {
    id: ConversationId,
    members: Vec<usize>,
}

impl Workload {
    /// Connects every user of the company.
    pub async fn connect(
        env: &BenchEnv,
        server: &RunningServer,
        company: &Company,
    ) -> Result<Self> {
        let opened = env.connect(server, &company.users).await?;
        let measurements = Arc::new(Measurements::new(company.conversations.len()));
        let (mut connections, mut users) = (JoinSet::new(), Vec::new());
        for connection in opened {
            let (sender, emits) = mpsc::unbounded_channel();
            users.push(sender);
            connections.spawn(emit_and_receive(
                connection,
                emits,
                Arc::clone(&measurements),
            ));
        }
        let http_clients = mpsc::unbounded_channel();
        // All users are members of the first conversation: one of them reads it for all.
        let reader = company.users[0];
        let token = env.seeder.token(&reader)?;
        for _ in 0..HTTP_CLIENTS {
            let client = HttpClient::open(server.endpoint(), &token).await?;
            http_clients
                .0
                .send(client)
                .map_err(|_| ClientError::Closed)?;
        }
        let conversations = company.conversations.iter().map(|group| Conversation {
            id: group.id,
            members: group.members.clone(),
        });
        Ok(Self {
            measurements,
            users,
            http_clients,
            conversations: conversations.collect(),
            reader,
            seeder: env.seeder.clone(),
            token_signed_at: Instant::now(),
            connections,
        })
    }

    /// Performs all steps, and waits until every message is delivered, 10 s at most.
    pub async fn run(&mut self, steps: &[Step]) -> Result<()> {
        let start = Instant::now();
        let mut requests = JoinSet::new();
        let mut ticks = spawn_timer(start.into_std(), steps);
        for step in steps {
            let due = start + step.at;
            ticks.recv().await;
            match step.action {
                Action::Send => self.send_message(step, due)?,
                Action::Read => self.emit_position(step, "conversation:read")?,
                Action::Type => self.emit_position(step, "typing:start")?,
                Action::Page | Action::Search => {
                    let client = self.http_clients.1.recv().await;
                    let client = client.ok_or(ClientError::Closed)?;
                    let path = self.path(step.action);
                    let pool = self.http_clients.0.clone();
                    let measurements = Arc::clone(&self.measurements);
                    requests.spawn(request(
                        client,
                        path,
                        pool,
                        measurements,
                        (due, step.action),
                    ));
                }
            }
            if let Some(ended) = self.connections.try_join_next() {
                ended??;
            }
        }
        while let Some(answered) = requests.join_next().await {
            answered??;
        }
        self.refresh_token().await?;
        let deadline = Instant::now() + DELIVERY_TIMEOUT;
        while self.measurements.missing() > 0 && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Gives the HTTP clients a new token when theirs is ten minutes old.
    async fn refresh_token(&mut self) -> Result<()> {
        if self.token_signed_at.elapsed() < TOKEN_REFRESH_INTERVAL {
            return Ok(());
        }
        self.token_signed_at = Instant::now();
        let token = self.seeder.token(&self.reader)?;
        for _ in 0..HTTP_CLIENTS {
            let client = self.http_clients.1.recv().await;
            let mut client = client.ok_or(ClientError::Closed)?;
            client.set_token(&token);
            self.http_clients
                .0
                .send(client)
                .map_err(|_| ClientError::Closed)?;
        }
        Ok(())
    }

    pub fn reset_latencies(&self) {
        self.measurements.reset_latencies();
    }

    pub fn report(&self) -> Report {
        self.measurements.report()
    }

    fn send_message(&self, step: &Step, due: Instant) -> Result<()> {
        let conversation = &self.conversations[step.conversation];
        let members = conversation.members.len();
        let client_id = self.measurements.register(due, step.conversation, members);
        self.emit(
            step,
            "message:send",
            send_payload(conversation.id, &client_id),
        )
    }

    fn emit_position(&self, step: &Step, event: &'static str) -> Result<()> {
        let id = self.conversations[step.conversation].id;
        let position = self.measurements.position(step.conversation);
        self.emit(
            step,
            event,
            format!(r#"{{"conversationId":"{id}","position":{position}}}"#),
        )
    }

    fn emit(&self, step: &Step, event: &'static str, payload: String) -> Result<()> {
        let user = self.conversations[step.conversation].members[step.member];
        let sent = self.users[user].send((event, payload));
        Ok(sent.map_err(|_| ClientError::Closed)?)
    }

    fn path(&self, action: Action) -> String {
        if action == Action::Search {
            let word = WORDS[rand::random_range(0..WORDS.len())];
            return format!("/api/v1/search?q={word}&limit=20");
        }
        let id = self.conversations[0].id;
        let before = rand::random_range(51..1000);
        format!("/api/v1/conversations/{id}/messages?before={before}&limit=50")
    }
}

/// Ticks once when each step is due. A thread of its own, because tokio's timer is up to two
/// milliseconds late.
fn spawn_timer(start: std::time::Instant, steps: &[Step]) -> mpsc::UnboundedReceiver<()> {
    let (sender, ticks) = mpsc::unbounded_channel();
    let dues: Vec<_> = steps.iter().map(|step| start + step.at).collect();
    thread::spawn(move || {
        for due in dues {
            thread::sleep(due.saturating_duration_since(std::time::Instant::now()));
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    ticks
}

/// Task of one user's connection: emits what comes through the channel, and counts what is received.
async fn emit_and_receive(
    mut connection: Connection,
    mut emits: mpsc::UnboundedReceiver<Emit>,
    measurements: Arc<Measurements>,
) -> Result<()> {
    let mut ack_id = 0;
    loop {
        tokio::select! {
            biased;
            emit = emits.recv() => {
                let Some((event, payload)) = emit else { return Ok(()) };
                ack_id += 1;
                connection.emit_with_ack(ack_id, event, &payload).await?;
            }
            packet = connection.next() => match packet? {
                Packet::Event { name, payload } => measurements.receive(name, payload),
                Packet::Ack { payload, .. } if !is_ok(payload) => {
                    return Err(Error::wrong(format!("refused: {payload}")));
                }
                _ => {}
            }
        }
    }
}

/// One HTTP request; the client goes back to the pool afterwards.
async fn request(
    mut client: HttpClient,
    path: String,
    pool: mpsc::UnboundedSender<HttpClient>,
    measurements: Arc<Measurements>,
    (due, action): (Instant, Action),
) -> Result<()> {
    client.get(&path).await?;
    measurements.record_answer(action, due);
    pool.send(client).map_err(|_| ClientError::Closed)?;
    Ok(())
}
