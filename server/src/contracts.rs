//! The table of the contracts: Socket.IO and REST APIs of other chats, whose clients work here
//! unchanged.
//!
//! Each is a router and a Socket.IO server of its own, served at the root of its own port and below
//! `/contracts/<name>/` of the main address.

pub mod auth;
mod broadcast;
mod conversations;
mod direct;
mod direct_pair;
pub mod document;
mod document_routes;
#[cfg(test)]
mod document_tests;
pub mod fanouts;
mod groups;
mod health;
pub mod input;
mod responses;
mod rest;
mod rooms;
mod spec;
mod timestamp;
mod user_ids;

pub use document::ContractDocument;
pub use spec::{ContractSpec, MountedContract, RestContract, spec};

/// All contracts, in the order in which the setting `CONTRACTS` has them by default.
pub static CONTRACTS: &[ContractSpec] = &[
    spec::<groups::Groups>(),
    spec::<rooms::Rooms>(),
    spec::<direct::Direct>(),
    spec::<conversations::Conversations>(),
    spec::<broadcast::Broadcast>(),
];
