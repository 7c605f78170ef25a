//! Tests of the public API's Socket.IO events, on a real server and a real Postgres.

#![allow(
    clippy::disallowed_methods,
    reason = "tests are not cancelled, as a request is"
)]

#[path = "../common/mod.rs"]
mod common;

mod api_tokens;
mod bad_input;
mod delivery;
mod direct_cookie;
mod ending;
mod engine;
mod floods;
mod guests;
mod handshake;
mod limits;
mod membership;
mod order;
mod personal;
mod polls;
mod presence;
mod session_end;
mod slow_readers;
mod strangers;
mod threads;
mod token_places;
