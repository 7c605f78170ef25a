//! The people of a run, what they talk in, and how it is looked whether all is well with them.

use crate::{
    deliveries::{self, Delivery},
    person::{Character, Orders, Person, first_refresh_token},
    verdict::{ConversationSummary, Evidence, Stored, Verdict},
};
use bench::{
    people::{People, PeopleError},
    processes::wait_until,
};
use sqlx::PgPool;
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use tokio::time::{Instant, sleep};

pub const PEOPLE: usize = 12;

/// How often each of them says something, on average.
const EVERY: Duration = Duration::from_millis(40);

/// The same, where times are measured: so seldom that nobody waits for the machine.
const SELDOM: Duration = Duration::from_millis(150);

/// In which everybody hears an order: they look for one each time before they speak.
const SILENCE: Duration = Duration::from_millis(500);

pub const CALM: Orders = Orders {
    every: Some(SELDOM),
    bytes: 0,
    awake: true,
};
pub const TALKING: Orders = Orders {
    every: Some(EVERY),
    awake: true,
    bytes: 0,
};
pub const LISTENING: Orders = Orders {
    every: None,
    awake: true,
    bytes: 0,
};
pub const STOPPED: Orders = Orders {
    every: None,
    awake: false,
    bytes: 0,
};

pub struct Town {
    pub people: Vec<Person>,
    conversations: Vec<i64>,
    pool: PgPool,
    started: Instant,
}

/// Where a person is at home, of so many nodes.
pub fn node_of(person: usize, nodes: usize) -> usize {
    person % nodes
}

impl Town {
    /// One conversation of everybody and three of half of them. The servers are those of each
    /// person by number, home first. One of them may be on a machine with little room for what was
    /// not read yet.
    pub async fn found(
        people: People,
        slow: Option<usize>,
        servers: impl Fn(usize) -> Vec<SocketAddr>,
    ) -> Result<Self, PeopleError> {
        let accounts = people.invite(PEOPLE).await?;
        let half = PEOPLE / 2;
        let groups: [Vec<usize>; 4] = [
            (0..PEOPLE).collect(),
            (0..half).collect(),
            (half..PEOPLE).collect(),
            (0..PEOPLE).step_by(2).collect(),
        ];
        let mut conversations = Vec::new();
        let mut theirs = vec![Vec::new(); PEOPLE];
        for group in &groups {
            let members: Vec<_> = group.iter().map(|number| accounts[*number]).collect();
            let id = people.group(&members).await?.0;
            conversations.push(id);
            for number in group {
                theirs[*number].push(id);
            }
        }
        for account in &accounts {
            let user = account.user_id.0;
            sqlx::query(
                "insert into refresh_tokens (token_hash, session_id)
                select sha256(convert_to($2, 'UTF8')), id from sessions where user_id = $1",
            )
            .bind(user)
            .bind(first_refresh_token(user))
            .execute(&people.pool)
            .await?;
        }
        let started = Instant::now();
        let characters = accounts.into_iter().zip(theirs).enumerate();
        let characters = characters.map(|(number, (account, conversations))| Character {
            name: format!("person-{number}"),
            account,
            people: people.clone(),
            conversations,
            servers: servers(number),
            slow: slow == Some(number),
            started,
        });
        Ok(Self {
            people: characters.map(|it| Person::start(it, LISTENING)).collect(),
            conversations,
            pool: people.pool,
            started,
        })
    }

    pub fn order(&self, orders: Orders) {
        for person in &self.people {
            person.order(orders);
        }
    }

    /// Everybody hangs up, and connects again.
    pub fn reconnect(&self) {
        self.people.iter().for_each(Person::reconnect);
    }

    /// In microseconds of the run, as the messages tell it.
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// What left its sender from one moment on and before another.
    pub fn deliveries(&self, from: u64, until: u64) -> Vec<Delivery> {
        deliveries::between(&self.people, self.started, from, until)
    }

    /// How often these people have connected.
    pub fn connections(&self, who: impl Fn(&usize) -> bool) -> u64 {
        let people = self.people.iter().enumerate();
        let some = people.filter(|(number, _)| who(number));
        some.map(|(_, person)| person.state().connections).sum()
    }

    /// How often somebody's access token was too old.
    pub fn refreshed(&self) -> u64 {
        self.people.iter().map(|it| it.state().refreshed).sum()
    }

    /// From the earliest of the times that the messages bear to the latest.
    pub async fn hours_told(&self) -> Result<f64, sqlx::Error> {
        sqlx::query_scalar(
            "select (extract(epoch from max(created_at) - min(created_at)) / 3600)::float8
            from messages where conversation_id = any($1)",
        )
        .bind(&self.conversations)
        .fetch_one(&self.pool)
        .await
    }

    /// Whether everybody is connected and up to date, at some time within this.
    pub async fn is_online(&self, within: Duration) -> bool {
        wait_until(within, async || {
            self.people.iter().all(|person| person.state().online)
        })
        .await
    }

    /// How long after a moment the first of them, and the last, had something acknowledged that
    /// they sent; `None` for who has not within the time.
    pub async fn acknowledged_after(&self, moment: Instant, within: Duration) -> Back {
        let last_acks = || {
            let acks = self.people.iter().map(|person| person.state().last_ack);
            acks.map(move |ack| ack?.checked_duration_since(moment))
        };
        let mut first = None;
        let mut times = vec![None; self.people.len()];
        let all = wait_until(within, async || {
            for (time, ack) in times.iter_mut().zip(last_acks()) {
                *time = time.or(ack);
            }
            first = first.or_else(|| times.iter().flatten().min().copied());
            times.iter().all(Option::is_some)
        })
        .await;
        let everybody = times.into_iter().flatten().max();
        Back {
            first,
            everybody: everybody.filter(|_| all),
        }
    }

    /// Nobody says anything new; how long it took until all was sent and everybody had all.
    pub async fn falls_silent(&self) -> Option<Duration> {
        let begun = Instant::now();
        self.order(LISTENING);
        // Longer than is ever promised: what is compared while it still moves tells nothing.
        let silent = wait_until(Duration::from_mins(5), async || {
            if !self.is_silent().await {
                return false;
            }
            // Somebody may not have heard yet that they are to be silent.
            sleep(SILENCE).await;
            self.is_silent().await
        });
        silent.await.then(|| begun.elapsed())
    }

    async fn is_silent(&self) -> bool {
        let sent = self.people.iter().all(|it| it.state().outbox.is_empty());
        sent && self.everybody_has_all().await
    }

    /// Whether everybody is where the database is.
    pub async fn everybody_has_all(&self) -> bool {
        let rows = sqlx::query_as("select id, seq from conversations where id = any($1)")
            .bind(&self.conversations)
            .fetch_all(&self.pool)
            .await;
        let Ok(rows) = rows else {
            return false;
        };
        let seqs: BTreeMap<i64, i64> = rows.into_iter().collect();
        self.people.iter().all(|person| {
            let state = person.state();
            let mut histories = state.histories.iter();
            histories.all(|(id, history)| seqs.get(id) == Some(&history.seq()))
        })
    }

    pub async fn verdict(&self) -> Result<Verdict, sqlx::Error> {
        Ok(Verdict::of(&Evidence {
            stored: self.stored().await?,
            heads: self.heads().await?,
            people: self.people.iter().map(Person::testimony).collect(),
        }))
    }

    async fn heads(&self) -> Result<Vec<ConversationSummary>, sqlx::Error> {
        let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            "select id, position, seq, (
                select count(*) from edits e join messages m on m.id = e.message_id
                where m.conversation_id = c.id
            ) from conversations c where id = any($1)",
        )
        .bind(&self.conversations)
        .fetch_all(&self.pool)
        .await?;
        let heads = rows
            .into_iter()
            .map(|(conversation, position, seq, edits)| ConversationSummary {
                conversation,
                position,
                seq,
                edits,
            });
        Ok(heads.collect())
    }

    async fn stored(&self) -> Result<Vec<Stored>, sqlx::Error> {
        let rows: Vec<(i64, i64, i64, i64, i64, i64, String)> = sqlx::query_as(
            "select id, conversation_id, position, created_seq, seq, sender_id, body from messages
            where conversation_id = any($1) order by conversation_id, position",
        )
        .bind(&self.conversations)
        .fetch_all(&self.pool)
        .await?;
        let stored = rows.into_iter().map(
            |(id, conversation, position, created_seq, seq, sender, body)| Stored {
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

/// How soon after a failure people were answered again.
#[derive(Clone, Copy, Debug)]
pub struct Back {
    pub first: Option<Duration>,
    pub everybody: Option<Duration>,
}
