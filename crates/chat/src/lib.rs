//! The verbs of Parlance: every rule of a chat, once, over Postgres and the event bus.
//!
//! `impl Chat` is spread over the files of the nouns. Every verb takes the `Caller` first, checks
//! all that there is to check, commits, and only then tells its audience.

mod accounts;
mod announcements;
mod caller;
mod conversation_lock;
mod conversations;
pub mod database;
mod demo;
mod error;
pub mod events;
mod favorites;
mod members;
mod messages;
mod moderation;
mod nodes;
mod page;
mod people;
mod presence;
mod rate_limit;
mod reactions;
mod receipts;
mod search;
mod sync;
mod typing;
mod user_cards;
mod users;
mod work_stats;

pub use accounts::{Authenticated, BrowserSession, Client, Keys, Rs256, SubjectOrigin, auth_error};
pub use caller::Caller;
pub use conversations::{ConversationMeta, CreatedConversation, DirectUnread};
pub use error::{Error, Result};
pub use events::{Audience, Delivery};
pub use favorites::FavoriteTarget;
pub use messages::{MessagesBefore, MessagesRequest, PageAnchor};
pub use nodes::{BusState, JoinError};
pub use page::{OffsetPage, OffsetPageRequest};
pub use presence::PresenceGuard;
pub use rate_limit::RateLimits;
pub use receipts::ReadMark;
pub use search::{Search, SearchRequest};
pub use user_cards::UserCard;
pub use work_stats::{WorkCounts, WorkStats};

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
    conversation_locks: conversation_lock::ConversationLocks,
    limits: rate_limit::Limiters,
    presence: presence::Devices,
    typing: typing::Typists,
    writer: messages::Writer,
    pending_receipts: receipts::PendingReceipts,
    pending_unread: receipts::PendingUnread,
    metas: conversations::MetaCache,
    user_cards: user_cards::UserCardCache,
}

impl Chat {
    /// A chat of one node. See `join` for many.
    pub fn new(db: PgPool, settings: Settings) -> Self {
        Self::with_nodes(db, settings, None)
    }

    fn with_nodes(db: PgPool, settings: Settings, nodes: Option<Arc<nodes::Nodes>>) -> Self {
        Self(Arc::new(Parts {
            db,
            keys: settings.keys,
            limits: rate_limit::Limiters::new(&settings.rate_limits, nodes.is_some()),
            events: nodes.map_or_else(events::Bus::alone, events::Bus::among),
            conversation_locks: conversation_lock::ConversationLocks::default(),
            presence: presence::Devices::default(),
            typing: typing::Typists::default(),
            writer: messages::Writer::default(),
            pending_receipts: receipts::PendingReceipts::default(),
            pending_unread: receipts::PendingUnread::default(),
            metas: conversations::meta_cache(),
            user_cards: user_cards::cache(),
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
