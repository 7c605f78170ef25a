//! The gateway: everything of Socket.IO that contracts have in common. It authenticates sockets, keeps
//! a client's events in order, acknowledges them, and emits what the bus delivers to subscribers.

mod arguments;
mod changed_lists;
mod changed_users;
mod client_address;
mod client_events;
mod connection;
mod contract;
mod delivery_receipts;
mod dispatcher;
mod engine_error;
mod engine_stream;
mod event_context;
mod expiries;
mod flush_queue;
mod frame;
mod graceful_close;
mod guests;
mod handshake;
mod hub;
mod hub_index;
mod idle_polling;
mod inbound;
mod inbox;
mod limits;
mod list_workers;
mod message_meter;
mod open;
mod outgoing;
mod pending_connects;
mod polling_queue;
mod polling_sessions;
mod queue_budget;
mod queued_bytes;

mod refusals;
mod render_queue;
mod render_worker;
mod room_visibility;
mod session_end;
mod socket_session;
mod state;
mod subscriber;
mod upgrade;
mod user_ref;
mod write_queue;

pub use arguments::Arguments;
pub use client_events::{ClientEvent, FromArguments, HandlerResult};
pub use contract::{Contract, Engine, NO_TOKEN, Shows};
pub use event_context::EventContext;
pub use handshake::{Handshake, header_token, strip_bearer};
pub use open::{ConnectionCount, MountedGateway, open};
pub use outgoing::{EncodedEvent, Fanout, Recipient, Rejection};
pub use queue_budget::QueueBudget;
pub use user_ref::{Hidden, UserRef, Viewer, email_ref, fill as fill_user_ids};
