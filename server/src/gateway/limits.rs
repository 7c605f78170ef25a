//! Limits and intervals that several parts of the gateway share.

use std::time::Duration;

/// Bytes of one event that are still parsed. A longer event is rejected with an answer.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Bytes of one WebSocket message or long-polling body. Engine.IO closes the connection beyond it.
pub const MAX_FRAME_BYTES: usize = 2 * 1024 * 1024;

/// Frames that may wait for one connection. Beyond it the connection counts as a slow consumer: it
/// is aborted, and its client resumes by sequence.
pub const MAX_QUEUED_FRAMES: usize = 1024;

/// Engine.IO's heartbeat: a peer that is gone is noticed after the interval and the timeout, 40 s.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
