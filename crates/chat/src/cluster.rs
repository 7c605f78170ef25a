//! The cluster: what this node sends to the others over Redis, and how it learns of their commits.
//!
//! No send waits for another node: a node delivers to its own gateways without waiting for Redis,
//! and a message over Redis may be lost. Everything that matters is in the database, and a node
//! finds there by sequence what it did not receive.
//!
//! | Detection of a loss               | Where                           | Repair         |
//! |-----------------------------------|---------------------------------|----------------|
//! | a hole in a conversation's seq    | `sequencer`                     | `gap_repair`   |
//! | a hole in a node's packet numbers | `failure_detector`, `receive`   | `anti_entropy` |
//! | the silence of a node             | `failure_detector`, `heartbeat` | `anti_entropy` |
//! | no echo of this node's packets    | `state`, `redis`                | `anti_entropy` |
//!
//! `anti_entropy` also runs at intervals, and hands the conversations that are behind to `gap_repair`. After
//! a loss it has `unsequenced_refresh` read what has no seq.
//!
//! Two layers. Below `bus` and `chat`: `Cluster` (`state.rs`), the sequencer, the failure detector,
//! the codec and the counter of attempts, none of which knows `Chat`. Above `chat`: receiving, the
//! connection to Redis, and the periodic tasks, which need the database.

mod access_audit;
mod anti_entropy;
mod attempt_counter;
mod channel_name;
mod codec;
mod failure_detector;
mod gap_repair;
mod heartbeat;
mod lifecycle;
mod message;
mod node_id;
mod presence_snapshot;
mod receive;
mod redis;
mod send;
mod sequencer;
mod state;
mod subscribing;
mod unsequenced_refresh;

pub(crate) use attempt_counter::{AttemptLimit, AttemptToken};
pub use lifecycle::{BusState, JoinError};
pub(crate) use message::BusMessage;
pub(crate) use node_id::NodeId;
pub(crate) use sequencer::{Membership, MembershipSnapshot};
pub(crate) use state::Cluster;
