//! Limits and intervals of a gateway: sizes of incoming messages, when a client counts as slow, the
//! heartbeat.

use std::time::Duration;

/// Bytes of one event that are still parsed. A longer event is rejected with an answer.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Bytes of one socket's events that may wait to be processed. Later events are rejected as `unavailable`.
pub const MAX_INBOX_BYTES: usize = 4 * MAX_EVENT_BYTES;

/// Bytes of one WebSocket message or long-polling body. Engine.IO closes the connection beyond it.
pub const MAX_FRAME_BYTES: usize = 2 * 1024 * 1024;

/// Bytes that a connection may send before it has joined a namespace, in frames of WebSocket or in one
/// long-polling body: the connect packet with its token. Beyond them it is closed, or answered 413.
pub const MAX_STRANGER_BYTES: usize = 32 * 1024;

/// CONNECTs that are refused on one WebSocket before each further one pauses its reading.
pub const MAX_REFUSED_CONNECTS: u32 = 10;

/// How long a client is not read from after an event beyond the limit of its socket: one that sends all the same waits,
/// instead of being refused as fast as it sends. Over long polling, its POST is answered so much later. As long, the next
/// event waits after a refusal by a verb, where there were many.
pub const READ_PAUSE: Duration = Duration::from_secs(1);

/// From the first to the last byte of a message that takes a share of the budget
/// (`receive_budget.rs`); then the connection is closed.
pub const MESSAGE_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 30 });

// Slow clients. Beyond these limits the connection is aborted, unless it says otherwise, and its client
// reconnects and resumes by sequence. A volatile event beyond them is dropped instead.

/// Frames that may wait in the write queue of one connection.
pub const MAX_QUEUED_FRAMES: usize = 4096;

/// Bytes that may wait for one connection, in its write queue or for its next poll. The frame that passes
/// the limit is still taken, so that a long frame fits into an empty queue; the next one is not. What
/// the connections of an account may hold together is in `queue_budget.rs`. It is four times what one
/// account may send at once (`RATE_LIMIT_BYTES_TOLD_BURST`): docs/sockets.md, "Slow readers". Half of it for
/// the next poll.
pub const MAX_QUEUED_BYTES: usize = 2 * 1024 * 1024;

/// Events, and their bytes, that may wait for a socket that is not live yet: its first events have not been
/// emitted. Beyond them they are dropped, and the first events are read once more.
pub const MAX_BUFFERED_EVENTS: usize = 1024;
pub const MAX_BUFFERED_BYTES: usize = 512 * 1024;

/// How many times the first events are read; then the connection is aborted.
pub const MAX_FIRST_READS: usize = 4;

/// How long a peer may take not one byte of what is queued. One second in tests.
pub const WRITE_STALL_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 20 });

/// Engine.IO's heartbeat: a peer that is gone is noticed after the interval and the timeout, 40 s.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
