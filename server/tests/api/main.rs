//! Tests of the public API over HTTP, on a real server and a real Postgres.

#[path = "../common/mod.rs"]
mod common;

mod accounts;
mod addable_by;
mod announcements;
mod any_origin;
mod app_doors;
mod app_tokens;
mod auth;
mod bad_input;
mod client_files;
mod compression;
mod conversations;
mod directory;
mod drafts;
mod favorites;
mod forms;
mod forwards;
mod limits;
mod malformed;
mod markdown;
mod me;
mod members;
mod messages;
mod mutes;
mod operation;
mod origins;
mod pages;
mod pins;
mod polls;
mod queries;
mod reactions;
mod receipts;
mod reminders;
mod scheduled_messages;
mod search;
mod sign_in_limits;
mod sync;
mod threads;
mod thumbnails;
mod tokens;
mod two_factor;
mod two_factor_pages;
mod uploads;
mod users;
