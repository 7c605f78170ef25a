//! Limits and intervals of a gateway: sizes of incoming messages, when a client counts as slow, the
//! heartbeat.

use std::time::Duration;

/// Bytes of one event that are still parsed. A longer event is rejected with an answer.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Bytes of one WebSocket message or long-polling body. Engine.IO closes the connection beyond it.
pub const MAX_FRAME_BYTES: usize = 2 * 1024 * 1024;

/// Bytes that a connection may send before it has joined a namespace, in frames of WebSocket or in one
/// long-polling body: the connect packet with its token. Beyond them it is closed, or answered 413.
pub const MAX_STRANGER_BYTES: usize = 32 * 1024;

/// From the first to the last byte of a message that takes a share of the budget
/// (`receive_budget.rs`); then the connection is closed.
pub const MESSAGE_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 30 });

// Slow clients. Beyond any of the next four limits the connection is aborted, and its client
// reconnects and resumes by sequence. A volatile event beyond the first three is dropped instead.

/// Frames that may wait in the write queue of one connection.
pub const MAX_QUEUED_FRAMES: usize = 1024;

/// Bytes that may wait in the write queue of one connection. The frame that passes the limit is still
/// taken, so that a long frame fits into an empty queue; the next one is not.
pub const MAX_QUEUED_BYTES: usize = 1024 * 1024;

/// Events that may wait for a socket that is not live yet: its first events have not been emitted.
pub const MAX_BUFFERED_EVENTS: usize = 512;

/// How long a peer may take not one byte of what is queued. One second in tests.
pub const WRITE_STALL_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 20 });

/// Engine.IO's heartbeat: a peer that is gone is noticed after the interval and the timeout, 40 s.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
