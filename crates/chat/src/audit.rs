//! The audit log: who did what, to whom, and from where.
//!
//! A verb writes an entry with `NewEntry`, in its transaction where it has one, so that there is no change without its
//! entry. `chaining.rs` chains entries behind that, one node at a time: a verb waits for no other. `docs/audit-log.md` says
//! what the chain proves.

mod chain;
mod chaining;
mod erasure;
mod filter;
mod new_entry;
mod read;
pub(crate) mod refusals;
mod row;
mod verify;

pub(crate) use chaining::sweep;
pub(crate) use erasure::erase_person;
pub(crate) use new_entry::NewEntry;
pub(crate) use refusals::RefusalReason;
pub use verify::{AuditFault, AuditHead, AuditReport};
