//! Payloads of the load: what a sender emits, and how an acknowledgement or a delivered message is
//! recognised without parsing its JSON.

use model::ConversationId;

/// What a connection speaks: the events of the public API, of a door, or of bare socketioxide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Api,
    /// The contract `rooms`
    Rooms,
    Bare,
}

impl Protocol {
    /// Event that sends a message.
    pub fn send_event(self) -> &'static str {
        match self {
            Self::Api | Self::Bare => "message:send",
            Self::Rooms => "chat:send_message",
        }
    }

    /// Event that delivers one.
    pub fn created_event(self) -> &'static str {
        match self {
            Self::Api | Self::Bare => "message:created",
            Self::Rooms => "chat:message",
        }
    }

    /// JSON payload that sends the message of that number. Bare socketioxide broadcasts what it is
    /// sent.
    pub fn payload(self, id: ConversationId, number: u64, client_id: &str) -> String {
        match self {
            Self::Api => send_payload(id, client_id),
            Self::Rooms => {
                format!(r#"{{"roomId":"{id}","content":"{BODY}","clientId":"{client_id}"}}"#)
            }
            Self::Bare => created_payload(id, number, client_id),
        }
    }

    /// Number that grows with each message of a conversation, and the index of a delivered message.
    /// `None` when the message belongs to another run.
    pub fn scan_message(self, payload: &str, run: &str) -> Option<(u64, usize)> {
        match self {
            Self::Api | Self::Bare => scan_message(payload, run),
            // The messages of a room have no number of their own; ids are given out in their order.
            Self::Rooms => scan(payload, r#""id":""#, run),
        }
    }
}

/// Body of every message that is sent: 82 bytes, about the length of a chat message.
pub const BODY: &str =
    "Could you look at the release branch before lunch, please? The build is green now.";

/// JSON payload of `message:send`.
pub fn send_payload(id: ConversationId, client_id: &str) -> String {
    format!(r#"{{"conversationId":"{id}","body":"{BODY}","clientId":"{client_id}"}}"#)
}

/// JSON payload of the `message:created` that bare socketioxide broadcasts: as long as the one that
/// Parlance renders.
fn created_payload(id: ConversationId, seq: u64, client_id: &str) -> String {
    format!(
        r#"{{"type":"message:created","conversationId":"{id}","seq":{seq},"message":{{"id":"{seq}","conversationId":"{id}","position":{seq},"seq":{seq},"sender":{{"id":"1000","username":"person-1000","name":"Person 1000","avatarUrl":null}},"kind":"text","body":"{BODY}","replyTo":null,"attachments":[],"reactions":[],"official":false,"clientId":"{client_id}","createdAt":"2026-02-03T11:20:04.123Z","editedAt":null,"deletedAt":null}}}}"#
    )
}

/// Whether an acknowledgement says `"ok":true`, or `"success":true` at the door. The key is first or
/// last, because some servers sort the keys of an answer.
pub fn is_ok(payload: &str) -> bool {
    let keys = ["ok", "success"];
    keys.iter().any(|key| {
        payload.starts_with(&format!(r#"{{"{key}":true"#))
            || payload.ends_with(&format!(r#""{key}":true}}"#))
    })
}

/// Sequence number and index of a delivered message, read from its `seq` and its `clientId`, which is
/// `<run>-<index>`. `None` when the message belongs to another run.
pub fn scan_message(payload: &str, run: &str) -> Option<(u64, usize)> {
    scan(payload, r#""seq":"#, run)
}

/// The number after a mark, and the index in the `clientId`.
fn scan(payload: &str, mark: &str, run: &str) -> Option<(u64, usize)> {
    let client_id = after(payload, r#""clientId":""#)?;
    let index = client_id.strip_prefix(run)?.strip_prefix('-')?;
    let seq = after(payload, mark)?;
    Some((
        leading_digits(seq)?,
        usize::try_from(leading_digits(index)?).ok()?,
    ))
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.find(mark).and_then(|at| text.get(at + mark.len()..))
}

fn leading_digits(text: &str) -> Option<u64> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..count)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Protocol, is_ok, scan_message};

    #[test]
    fn ok_is_the_first_or_the_last_key() {
        assert!(is_ok(r#"{"ok":true,"message":{}}"#));
        assert!(is_ok(r#"{"message":{},"ok":true}"#));
        assert!(is_ok(r#"{"success":true,"message":{}}"#));
        assert!(!is_ok(r#"{"message":{"body":"\"ok\":true"},"ok":false}"#));
    }

    #[test]
    fn messages_of_other_runs_are_ignored() {
        let payload = r#"{"seq":31,"message":{"body":"a","clientId":"ab-17","seq":31}}"#;
        assert_eq!(scan_message(payload, "ab"), Some((31, 17)));
        assert_eq!(scan_message(payload, "a"), None);
        assert_eq!(scan_message(payload, "cd"), None);
        assert_eq!(scan_message(r#"{"seq":31}"#, "ab"), None);
    }

    #[test]
    fn a_message_of_a_room_is_told_by_its_id() {
        let payload = r#"{"id":"31","roomId":"5","content":"a","clientId":"ab-17"}"#;
        assert_eq!(Protocol::Rooms.scan_message(payload, "ab"), Some((31, 17)));
        assert_eq!(Protocol::Api.scan_message(payload, "ab"), None);
    }
}
