//! Every verb on a real Postgres, with an outsider who must see nothing.

mod accounts;
mod changes;
mod concurrency;
mod conversations;
mod indexes;
mod joined;
mod members;
mod messages;
mod people;
mod presence;
mod reactions;
mod receipts;
mod tokens;
mod typing;
mod users;
