//! The simulated clients of a run, their conversations, and questions about all of them.

use crate::{
    check::CheckResult,
    deliveries::{self, Delivery},
    observed::{ConversationSummary, Observed, StoredMessage},
    simulated_client::{ClientCommand, ClientSpec, SimulatedClient, first_refresh_token},
};
use bench::{
    processes::wait_until,
    seed::{SeedError, SeededUser, Seeder},
};
use sqlx::PgPool;
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use tokio::time::{Instant, sleep};

/// How many clients a failure has, and how they differ.
#[derive(Clone, Copy, Debug)]
pub struct PopulationSize {
    pub clients: usize,
    /// The client whose socket has a small receive buffer.
    pub small_receive_buffer: Option<usize>,
}

impl Default for PopulationSize {
    fn default() -> Self {
        Self {
            clients: 12,
            small_receive_buffer: None,
        }
    }
}

/// Time in which every client has seen a new command: a client looks for one before each send.
const COMMAND_SETTLE_DELAY: Duration = Duration::from_millis(500);

/// Limit of [`Population::quiesce`]: longer than any promise, since a history that still changes
/// can't be compared.
const QUIESCE_TIMEOUT: Duration = Duration::from_mins(5);

pub struct Population {
    pub clients: Vec<SimulatedClient>,
    conversations: Vec<i64>,
    pool: PgPool,
    started: Instant,
}

impl Population {
    /// Creates one conversation of all clients and three of half of them, and spawns the clients.
    /// `servers` returns a client's servers, its home node first.
    pub async fn create(
        seeder: Seeder,
        size: PopulationSize,
        servers: impl Fn(usize) -> Vec<SocketAddr>,
    ) -> Result<Self, SeedError> {
        let clients = size.clients;
        let users = seeder.create_users(clients).await?;
        let half = clients / 2;
        let groups: [Vec<usize>; 4] = [
            (0..clients).collect(),
            (0..half).collect(),
            (half..clients).collect(),
            (0..clients).step_by(2).collect(),
        ];
        let mut conversations = Vec::new();
        let mut conversations_of = vec![Vec::new(); clients];
        for group in &groups {
            let members: Vec<_> = group.iter().map(|number| users[*number]).collect();
            let id = seeder.create_group(&members).await?.0;
            conversations.push(id);
            for number in group {
                conversations_of[*number].push(id);
            }
        }
        insert_refresh_tokens(&seeder.pool, &users).await?;
        let started = Instant::now();
        let specs = users.into_iter().zip(conversations_of).enumerate();
        let specs = specs.map(|(number, (user, conversations))| ClientSpec {
            name: format!("person-{number}"),
            user,
            seeder: seeder.clone(),
            conversations,
            servers: servers(number),
            has_small_receive_buffer: size.small_receive_buffer == Some(number),
            started,
        });
        let clients = specs.map(|it| SimulatedClient::spawn(it, ClientCommand::RECEIVE_ONLY));
        Ok(Self {
            clients: clients.collect(),
            conversations,
            pool: seeder.pool,
            started,
        })
    }

    /// Gives every client the same command.
    pub fn command(&self, command: ClientCommand) {
        for client in &self.clients {
            client.command(command);
        }
    }

    /// Every client disconnects, and connects again to its home node.
    pub fn reconnect(&self) {
        self.clients.iter().for_each(SimulatedClient::reconnect);
    }

    /// Microseconds since the start of the run, as in [`Delivery`].
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Deliveries of the messages that were sent in `from..until`, in microseconds of the run.
    pub fn deliveries(&self, from: u64, until: u64) -> Vec<Delivery> {
        deliveries::between(&self.clients, self.started, from, until)
    }

    /// Number of connections that the selected clients have made so far.
    pub fn connections(&self, selected: impl Fn(&usize) -> bool) -> u64 {
        let clients = self.clients.iter().enumerate();
        let clients = clients.filter(|(number, _)| selected(number));
        clients.map(|(_, client)| client.state().connections).sum()
    }

    /// Number of access tokens that had expired and were refreshed, over all clients.
    pub fn token_refreshes(&self) -> u64 {
        let clients = self.clients.iter();
        clients.map(|it| it.state().token_refreshes).sum()
    }

    /// Hours between the earliest and the latest `created_at` of the messages.
    pub async fn created_at_span_hours(&self) -> Result<f64, sqlx::Error> {
        sqlx::query_scalar(
            "select (extract(epoch from max(created_at) - min(created_at)) / 3600)::float8
            from messages where conversation_id = any($1)",
        )
        .bind(&self.conversations)
        .fetch_one(&self.pool)
        .await
    }

    /// Waits until all clients are online at the same time; false when they are not within the time.
    pub async fn all_online(&self, timeout: Duration) -> bool {
        wait_until(timeout, async || {
            self.clients.iter().all(|client| client.state().is_online)
        })
        .await
    }

    /// Waits until every client has had a send acknowledged after `moment`.
    pub async fn first_acks_after(&self, moment: Instant, timeout: Duration) -> AckTimes {
        let last_acks = || {
            let acks = self.clients.iter().map(|client| client.state().last_ack);
            acks.map(move |ack| ack?.checked_duration_since(moment))
        };
        let mut first = None;
        let mut times = vec![None; self.clients.len()];
        let have_all = wait_until(timeout, async || {
            for (time, ack) in times.iter_mut().zip(last_acks()) {
                *time = time.or(ack);
            }
            first = first.or_else(|| times.iter().flatten().min().copied());
            times.iter().all(Option::is_some)
        })
        .await;
        let last = times.into_iter().flatten().max();
        AckTimes {
            first,
            all: last.filter(|_| have_all),
        }
    }

    /// Stops sending, and waits until all outboxes are empty and every client has every change.
    /// Returns how long that took; `None` after five minutes.
    pub async fn quiesce(&self) -> Option<Duration> {
        let begun = Instant::now();
        self.command(ClientCommand::RECEIVE_ONLY);
        let quiesced = wait_until(QUIESCE_TIMEOUT, async || {
            if !self.is_quiescent().await {
                return false;
            }
            // A client may not have seen the command yet, and send once more.
            sleep(COMMAND_SETTLE_DELAY).await;
            self.is_quiescent().await
        });
        quiesced.await.then(|| begun.elapsed())
    }

    async fn is_quiescent(&self) -> bool {
        let clients = &self.clients;
        let sent = clients.iter().all(|it| it.state().outbox.is_empty());
        sent && self.has_converged().await
    }

    /// Whether every client has reached the sequence numbers of the database.
    async fn has_converged(&self) -> bool {
        let rows = sqlx::query_as("select id, seq from conversations where id = any($1)")
            .bind(&self.conversations)
            .fetch_all(&self.pool)
            .await;
        let Ok(rows) = rows else {
            return false;
        };
        let seqs: BTreeMap<i64, i64> = rows.into_iter().collect();
        self.clients.iter().all(|client| {
            let state = client.state();
            let mut histories = state.histories.iter();
            histories.all(|(id, history)| seqs.get(id) == Some(&history.seq()))
        })
    }

    /// Compares the database with the records of all clients.
    pub async fn check(&self) -> Result<CheckResult, sqlx::Error> {
        Ok(CheckResult::of(&Observed {
            stored: self.stored_messages().await?,
            summaries: self.summaries().await?,
            clients: self.clients.iter().map(SimulatedClient::record).collect(),
        }))
    }

    async fn summaries(&self) -> Result<Vec<ConversationSummary>, sqlx::Error> {
        let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            "select id, position, seq, (
                select count(*) from edits e join messages m on m.id = e.message_id
                where m.conversation_id = c.id
            ) from conversations c where id = any($1)",
        )
        .bind(&self.conversations)
        .fetch_all(&self.pool)
        .await?;
        let summaries = rows
            .into_iter()
            .map(|(conversation, position, seq, edits)| ConversationSummary {
                conversation,
                position,
                seq,
                edits,
            });
        Ok(summaries.collect())
    }

    async fn stored_messages(&self) -> Result<Vec<StoredMessage>, sqlx::Error> {
        let rows: Vec<(i64, i64, i64, i64, i64, i64, String)> = sqlx::query_as(
            "select id, conversation_id, position, created_seq, seq, sender_id, body from messages
            where conversation_id = any($1) order by conversation_id, position",
        )
        .bind(&self.conversations)
        .fetch_all(&self.pool)
        .await?;
        let stored = rows.into_iter().map(
            |(id, conversation, position, created_seq, seq, sender, body)| StoredMessage {
                id,
                conversation,
                position,
                created_seq,
                seq,
                sender,
                body,
            },
        );
        Ok(stored.collect())
    }
}

/// Gives each user's session the refresh token that its client starts with.
async fn insert_refresh_tokens(pool: &PgPool, users: &[SeededUser]) -> Result<(), SeedError> {
    for user in users {
        let user = user.user_id.0;
        sqlx::query(
            "insert into refresh_tokens (token_hash, session_id)
            select sha256(convert_to($2, 'UTF8')), id from sessions where user_id = $1",
        )
        .bind(user)
        .bind(first_refresh_token(user))
        .execute(pool)
        .await?;
    }
    Ok(())
}

/// Time from a failure to the next acknowledgement; `None` when there was none in time.
#[derive(Clone, Copy, Debug)]
pub struct AckTimes {
    /// Of the client that was acknowledged first.
    pub first: Option<Duration>,
    /// Of the client that was acknowledged last.
    pub all: Option<Duration>,
}
