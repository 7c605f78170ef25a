//! The verbs of Parlance: every rule of a chat, once, over Postgres and the event bus.
//!
//! `impl Chat` is spread over the files of the nouns. Every verb takes the `Caller` first, checks
//! all that there is to check, commits, and only then tells its audience.

mod accounts;
mod caller;
mod conversations;
pub mod database;
mod demo;
mod error;
pub mod events;
mod lanes;
mod members;
mod messages;
mod page;
mod presence;
mod rate_limit;
mod reactions;
mod receipts;
mod sync;
mod typing;
mod users;

pub use accounts::{Authenticated, BrowserSession, Client, Keys, Rs256, Subjects};
pub use caller::Caller;
pub use conversations::CreatedConversation;
pub use error::{Error, Result};
pub use events::{Audience, Delivery};
pub use messages::{MessagesRequest, Span};
pub use presence::Device;
pub use rate_limit::RateLimits;

use sqlx::PgPool;
use std::sync::Arc;

/// What a chat needs to know from its operator.
#[derive(Clone, Debug)]
pub struct Settings {
    pub keys: Keys,
    pub rate_limits: RateLimits,
}

/// The chat. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Chat(Arc<Parts>);

struct Parts {
    db: PgPool,
    keys: Keys,
    events: events::Bus,
    lanes: lanes::Lanes,
    limits: rate_limit::Limiters,
    presence: presence::Devices,
    typing: typing::Typists,
}

impl Chat {
    pub fn new(db: PgPool, settings: Settings) -> Self {
        Self(Arc::new(Parts {
            db,
            keys: settings.keys,
            events: events::Bus::default(),
            lanes: lanes::Lanes::default(),
            limits: rate_limit::Limiters::new(&settings.rate_limits),
            presence: presence::Devices::default(),
            typing: typing::Typists::default(),
        }))
    }

    /// All that happens from now on, in order. See `events::Subscription`.
    pub fn subscribe(&self) -> events::Subscription {
        self.0.events.subscribe()
    }

    /// Whether the database answers.
    pub async fn check_ready(&self) -> Result<()> {
        sqlx::query!("select 1 as one")
            .fetch_one(&self.0.db)
            .await?;
        Ok(())
    }

    /// The pool, for its gauges.
    pub fn pool(&self) -> &PgPool {
        &self.0.db
    }
}
