//! The verbs of Parlance: every rule of a chat, once, over Postgres and the event bus.
//!
//! `impl Chat` is spread over the files of the nouns. Every verb takes the `Caller` first, checks
//! everything there is to check, commits, and only then publishes to an audience.
//!
//! Files import downwards only: values and state (`events`, `cluster/state`, `presence/table`, ...)
//! below `chat.rs`, which holds all state; the verbs above it. This file only re-exports.

mod accounts;
mod announcements;
mod apps;
mod audience_size;
mod audit;
mod bots;
mod bulk_turns;
mod bus;
mod caller;
mod chat;
mod cluster;
mod conversation_lock;
mod conversations;
mod data_export;
pub mod database;
mod deletions;
mod demo;
mod drafts;
mod due_time;
mod emails;
mod error;
pub mod events;
pub mod exports;
mod favorites;
mod files;
mod find;
mod grant;
mod identities;
pub mod imports;
mod invitations;
mod link_previews;
mod members;
mod messages;
mod moderation;
mod mutes;
mod nearly_named;
mod nearly_named_turns;
mod network;
mod nodes;
mod origin;
mod page;
mod page_walks;
mod people;
mod personal;
mod personal_changes;
mod pictures;
mod pins;
mod polls;
mod presence;
mod public_url;
mod rate_limit;
mod reactions;
mod readable_json;
mod receipts;
mod reminders;
mod saved;
mod scheduled_messages;
mod search;
mod sweeps;
mod sync;
mod text;
mod thread_priority;
mod threads;
mod timer;
mod timings;
mod transaction;
mod typing;
mod uploads;
mod user_accounts;
mod user_cards;
mod user_changes;
mod users;
mod webhooks;
mod work_stats;

pub use accounts::{
    AccessWatch, AdminClaim, Authenticated, Authentication, BrowserSession, Client,
    DEVICE_LIFETIME, EmailDomain, IssuerKey, KeyError, KeySetAddress, Keys, OwnKeys, PendingCaller,
    ProfileClaims, Registration, RegistrationRules, RememberedBrowser, RequiredOf, Rs256,
    SignInTicket, SubjectOrigin, TokenRules, TwoFactorRules, auth_error, is_api_token,
};
pub use apps::{
    AppConfig, AppProfile, ConfigError, DEFAULT_APP, ExternalId, IdKind, MAX_DIRECTORY_USERS,
    UnknownUsers,
};
pub use audit::{AuditFault, AuditHead, AuditReport};
pub use caller::Caller;
pub use chat::{Chat, Settings};
pub use cluster::{BusState, JoinError};
pub use conversations::{ConversationMeta, CreatedConversation, DirectUnread};
pub use data_export::{DataExport, EXPORTS_PER_DAY};
pub use emails::{
    EmailBacklog, EmailSettings, EmailTransport, SendError, Sender, Smtp, SmtpAddress, WireEmail,
};
pub use error::{Error, Result};
pub use events::{Audience, Delivery};
pub use favorites::FavoriteTarget;
pub use grant::Grant;
pub use identities::{
    ATTEMPT_LIFETIME, BegunSignIn, ClientAuth, ClientSecret, Finished, ProviderAnswer,
    ProviderConfig, SecondFactor, SingleSignOn,
};
pub use link_previews::{LinkPreviewSettings, Lookup, Reach};
pub use members::JoinedConversation;
pub use messages::{MessagesBefore, MessagesRequest, PageAnchor};
pub use network::network;
pub use origin::Origin;
pub use page::{OffsetPage, OffsetPageRequest};
pub use pictures::MAX_PICTURE_BYTES;
pub use presence::{PresenceAudience, PresenceGuard};
pub use public_url::PublicUrl;
pub use rate_limit::RateLimits;
pub use readable_json::{parse_readable, readable_value};
pub use receipts::ReadMark;
pub use search::{IndexedPart, Search, SearchRequest};
pub use text::{reaction as canonical_reaction, username as typed_username};
pub use timings::{ClusterTimings, SessionTimings, Timings};
pub use uploads::{
    Content, FileStore, MAX_UPLOAD_BYTES, S3Address, S3Key, StoreError, UploadSettings,
};
pub use user_cards::UserCard;
pub use webhooks::OpenWebhook;
pub use work_stats::{WorkCounts, WorkStats};
