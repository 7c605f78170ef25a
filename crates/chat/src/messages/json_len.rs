//! `json_len`: how long a message is as JSON, which is about what everybody receives who is told of it.

use model::Message;
use std::io::{self, Write};

/// Bytes of the JSON of a message. Nothing is allocated for it.
pub fn json_len(message: &Message) -> usize {
    let mut counter = Counter(0);
    // It writes no key but strings, and the counter takes everything.
    let written = serde_json::to_writer(&mut counter, message);
    debug_assert!(written.is_ok(), "{written:?}");
    counter.0
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
