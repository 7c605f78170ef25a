//! Every verb on a real Postgres, with an outsider who must see nothing.

mod accounts;
mod announcements;
mod attachments;
mod batches;
mod changes;
mod concurrency;
mod contacts;
mod conversations;
mod direct;
mod favorites;
mod indexes;
mod joined;
mod members;
mod messages;
mod moderation;
mod pages;
mod people;
mod plans;
mod presence;
mod reactions;
mod receipts;
mod search;
mod tokens;
mod typing;
mod users;
mod work_stats;
