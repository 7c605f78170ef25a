//! What every socket needs, whatever the words of its door: a caller, an ordered inbox, an answer
//! to every event, a seat in the audience, and an end.

mod contract;
mod dispatcher;
mod door;
mod entrance;
mod event_context;
mod frame;
mod handshake;
mod inbox;
mod line;
mod outgoing;
mod received;
mod seat;
mod seats;
mod unsent;
mod visit;
mod wire;

pub use contract::{Contract, Engine};
pub use door::{ConnectionCount, MountedGateway, open};
pub use event_context::EventContext;
pub use handshake::{Handshake, bare};
pub use inbox::Arguments;
pub use outgoing::{EncodedEvent, Fanout, Rejection};
pub use seats::Recipient;

use std::time::Duration;

/// The longest event that is looked at. A longer one is answered, not read.
const MAX_EVENT: usize = 256 * 1024;

/// The longest frame that is received at all; beyond it the connection ends.
const MAX_FRAME: usize = 2 * 1024 * 1024;

/// What waits for a client that reads slowly. Beyond it the client is cut, and resumes by sequence.
const OUTBOX: usize = 1024;

/// A dead peer is noticed after both.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
