//! `Chat`: the handle on which all verbs are methods, and the state that it holds.

use crate::{
    accounts::{keys::Keys, registration::RegistrationRules, two_factor_rules::TwoFactorRules},
    apps::state::Apps,
    audience_size::cache::{AudienceSizes, audience_sizes},
    audit::refusals::Refusals,
    bulk_turns::BulkTurns,
    bus::Bus,
    cluster::Cluster,
    conversation_lock::ConversationLocks,
    conversations::{MetaCache, meta_cache},
    data_export::state::{ExportTurns, export_turns},
    emails::{EmailSettings, state::Emails},
    events::Subscription,
    identities::{provider::SingleSignOn, state::Providers},
    link_previews::{LinkPreviewSettings, state::LinkPreviews},
    messages::Writer,
    nearly_named_turns::NearlyNamedTurns,
    nodes::state::ThisNode,
    page_walks::PageWalks,
    polls::pending::{PendingVotes, pending_votes},
    presence::{PresenceAudience, table::PresenceTable},
    rate_limit::{limiters::Limiters, limits::RateLimits},
    receipts::{PendingAnnounced, PendingReceipts, PendingUnread},
    search::pending::PendingIndex,
    threads::PendingThreadStates,
    timings::Timings,
    typing::tracker::TypingTracker,
    uploads::{UploadSettings, state::Uploads},
    user_cards::cache::{UserCardCache, user_card_cache},
    user_changes::pending::{PendingProfiles, pending_profiles},
};
use sqlx::PgPool;
use std::sync::Arc;

/// Configuration of a chat.
#[derive(Clone, Debug)]
pub struct Settings {
    pub keys: Keys,
    pub rate_limits: RateLimits,
    pub timings: Timings,
    pub presence_audience: PresenceAudience,
    pub registration: RegistrationRules,
    pub two_factor: TwoFactorRules,
    pub uploads: UploadSettings,
    pub link_previews: LinkPreviewSettings,
    pub single_sign_on: SingleSignOn,
    /// `None` for a server that sends no e-mails.
    pub emails: Option<EmailSettings>,
}

/// A chat. Cheap to clone; all clones are the same chat.
#[derive(Clone)]
pub struct Chat(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub db: PgPool,
    pub keys: Keys,
    pub registration: RegistrationRules,
    pub two_factor: TwoFactorRules,
    pub apps: Apps,
    pub providers: Providers,
    pub timings: Timings,
    pub node: ThisNode,
    pub bus: Bus,
    pub conversation_locks: ConversationLocks,
    pub limits: Limiters,
    pub bulk_turns: BulkTurns,
    pub data_exports: ExportTurns,
    pub nearly_named_turns: NearlyNamedTurns,
    pub presence: PresenceTable,
    pub presence_audience: PresenceAudience,
    pub typing: TypingTracker,
    pub uploads: Uploads,
    pub link_previews: LinkPreviews,
    pub emails: Emails,
    pub refusals: Refusals,
    pub writer: Writer,
    pub pending_receipts: PendingReceipts,
    pub pending_unread: PendingUnread,
    pub pending_threads: PendingThreadStates,
    pub pending_announced: PendingAnnounced,
    pub pending_profiles: PendingProfiles,
    pub pending_votes: PendingVotes,
    pub page_walks: PageWalks,
    pub pending_index: PendingIndex,
    pub metas: MetaCache,
    pub audience_sizes: AudienceSizes,
    pub user_cards: UserCardCache,
}

impl Chat {
    /// A chat on a single node. `join` makes one on a cluster.
    pub fn new(db: PgPool, settings: Settings) -> Self {
        Self::with_cluster(db, settings, None)
    }

    pub(crate) fn with_cluster(
        db: PgPool,
        settings: Settings,
        cluster: Option<Arc<Cluster>>,
    ) -> Self {
        Self(Arc::new(Inner {
            db,
            keys: settings.keys,
            registration: settings.registration,
            two_factor: settings.two_factor,
            apps: Apps::default(),
            providers: Providers::new(settings.single_sign_on),
            timings: settings.timings,
            node: ThisNode::default(),
            limits: Limiters::new(&settings.rate_limits, cluster.is_some()),
            bulk_turns: BulkTurns::default(),
            data_exports: export_turns(),
            nearly_named_turns: NearlyNamedTurns::default(),
            bus: cluster.map_or_else(Bus::single_node, Bus::clustered),
            conversation_locks: ConversationLocks::default(),
            presence: PresenceTable::default(),
            presence_audience: settings.presence_audience,
            typing: TypingTracker::default(),
            uploads: Uploads::new(settings.uploads),
            link_previews: LinkPreviews::new(settings.link_previews, settings.rate_limits.volume),
            emails: Emails::new(settings.emails),
            refusals: Refusals::default(),
            writer: Writer::default(),
            pending_receipts: PendingReceipts::default(),
            pending_unread: PendingUnread::default(),
            pending_threads: PendingThreadStates::default(),
            pending_announced: PendingAnnounced::default(),
            pending_profiles: pending_profiles(),
            pending_votes: pending_votes(),
            page_walks: PageWalks::default(),
            pending_index: PendingIndex::default(),
            metas: meta_cache(),
            audience_sizes: audience_sizes(),
            user_cards: user_card_cache(),
        }))
    }

    /// The deliveries from now on, in order, for a gateway of this node.
    pub fn subscribe(&self) -> Subscription {
        self.0.bus.subscribe()
    }

    /// What tells our keys from those of another server on the same host (`Keys::id`).
    pub fn key_id(&self) -> &str {
        self.0.keys.id()
    }

    /// The connection pool, for its metrics.
    pub fn pool(&self) -> &PgPool {
        &self.0.db
    }
}
