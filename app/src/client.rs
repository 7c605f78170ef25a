//! The browser's client of the server: the store of a page, its Socket.IO connection and its REST
//! requests, behind one handle. On the server and in native tests the handle is inert.

mod account;
mod backoff;
#[cfg(all(feature = "hydrate", target_arch = "wasm32"))]
mod browser;
#[cfg(not(all(feature = "hydrate", target_arch = "wasm32")))]
#[path = "client/browser_stub.rs"]
mod browser;
mod chat_client;
mod client_id;
mod connection;
mod conversations;
mod drafts;
mod emoji;
mod finding;
mod forwards;
mod found;
mod lifecycle;
mod link_previews;
mod messages;
mod mutes;
mod outbox;
mod page_store;
mod personal;
mod places;
mod polls;
mod receipts;
mod response;
mod rest;
mod resync;
mod sidebar_choices;
mod signed_in;
mod socket_signal;
mod storage_keys;
mod threads;
mod typing;
mod uploads;
mod work;

pub use browser::{
    fold, fold_name, is_alphanumeric, is_seen, now, on_storage_change, settle, sleep, spawn, submit,
};
pub use chat_client::{ChatClient, use_client};
pub use client_id::new_client_id;
pub use drafts::KeptEdit;
pub use emoji::{keep_skin_tone, skin_tone};
pub use finding::MessageSearch;
pub use found::{Found, FoundMessage, FoundPlace, FoundProblem, Profile};
pub use lifecycle::provide_client;
pub use personal::{DraftContent, SyncedDraft};
pub use places::{keep_place, place};
pub use response::Response;
pub use sidebar_choices::SidebarChoices;
pub use typing::stop_typing;
pub use uploads::{
    MAX_FILES, OutgoingFile, Progress, cancel_upload, object, picture_of, preview_of, progress_of,
    read_files, retry_upload, share_id, tend, tend_uploads, upload, write_files,
};
pub use work::{follow_preview, record_typing};
