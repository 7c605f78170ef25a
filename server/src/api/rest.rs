//! The endpoints of the public API: each parses the request, calls a verb and answers in JSON.

pub mod accounts;
pub mod announcements;
pub mod apps;
pub mod auth;
pub mod conversations;
pub mod drafts;
pub mod favorites;
pub mod files;
pub mod forwards;
pub mod invitations;
pub mod me;
pub mod members;
pub mod messages;
pub mod mutes;
pub mod personal_changes;
pub mod pins;
pub mod reactions;
pub mod receipts;
pub mod reminders;
pub mod scheduled_messages;
pub mod search;
pub mod sync;
pub mod threads;
pub mod two_factor;
pub mod uploads;
pub mod users;
