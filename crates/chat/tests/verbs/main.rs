//! Every verb on a real Postgres, with an outsider who must see nothing.

mod accounts;
mod attachments;
mod changes;
mod concurrency;
mod contacts;
mod conversations;
mod direct;
mod favorites;
mod figures;
mod indexes;
mod joined;
mod members;
mod messages;
mod pages;
mod people;
mod presence;
mod reactions;
mod receipts;
mod tokens;
mod typing;
mod users;
