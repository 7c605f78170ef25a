//! What one listener notices of a message, without parsing it.

use super::Shared;
use std::sync::{Arc, atomic::Ordering::Relaxed};

pub struct Ear {
    shared: Arc<Shared>,
    /// The sequence that was heard last.
    last: u64,
    minds_order: bool,
}

impl Ear {
    pub fn new(shared: Arc<Shared>, minds_order: bool) -> Self {
        Self {
            shared,
            last: 0,
            minds_order,
        }
    }

    pub fn hear(&mut self, name: &str, payload: &str) {
        if name != "message:created" {
            self.shared.others.fetch_add(1, Relaxed);
            return;
        }
        let Some((seq, index)) = read_message(payload, &self.shared.run) else {
            self.shared.others.fetch_add(1, Relaxed);
            return;
        };
        if self.minds_order && seq <= self.last {
            self.shared.inversions.fetch_add(1, Relaxed);
        }
        self.last = seq;
        self.shared.hear(index);
    }
}

/// The sequence of a message of this run, and its number there.
pub fn read_message(payload: &str, run: &str) -> Option<(u64, usize)> {
    let client_id = after(payload, r#""clientId":""#)?;
    let index = client_id.strip_prefix(run)?.strip_prefix('-')?;
    let seq = after(payload, r#""seq":"#)?;
    Some((digits(seq)?, usize::try_from(digits(index)?).ok()?))
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.find(mark).and_then(|at| text.get(at + mark.len()..))
}

fn digits(text: &str) -> Option<u64> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..count)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::read_message;

    #[test]
    fn messages_of_other_runs_are_none_of_ours() {
        let payload = r#"{"seq":31,"message":{"body":"a","clientId":"ab-17","seq":31}}"#;
        assert_eq!(read_message(payload, "ab"), Some((31, 17)));
        assert_eq!(read_message(payload, "a"), None);
        assert_eq!(read_message(payload, "cd"), None);
        assert_eq!(read_message(r#"{"seq":31}"#, "ab"), None);
    }
}
