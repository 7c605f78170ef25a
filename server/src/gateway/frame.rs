//! WebSocket frames that hold one Socket.IO packet each. A server's frames carry no mask (RFC 6455,
//! 5.1), so the same bytes serve all recipients.

use bytes::Bytes;
use serde::Serialize;
use std::borrow::Cow;

/// Bytes of the longest frame header: two, and a payload length of eight (RFC 6455, 5.2).
const MAX_HEADER_BYTES: usize = 10;

/// The first byte of an unfragmented text frame.
const TEXT: u8 = 0x81;

/// The frame of Engine.IO's packet `close`.
const CLOSE: &[u8] = &[TEXT, 1, b'1'];

/// An EVENT packet: `42["name",payload]`.
pub fn event(namespace: &str, name: &str, payload: &str) -> Result<Bytes, serde_json::Error> {
    let mut packet = begin_packet(namespace, *b"42", payload.len() + name.len());
    packet.push(b'[');
    serde_json::to_writer(&mut packet, name)?;
    packet.push(b',');
    packet.extend_from_slice(payload.as_bytes());
    packet.push(b']');
    Ok(finish_frame(packet))
}

/// An ACK packet: `43id[answer]`.
pub fn ack(namespace: &str, id: i64, answer: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let mut packet = begin_packet(namespace, *b"43", 256);
    packet.extend_from_slice(id.to_string().as_bytes());
    packet.push(b'[');
    serde_json::to_writer(&mut packet, answer)?;
    packet.push(b']');
    Ok(finish_frame(packet))
}

/// The length of an EVENT packet in an answer to a poll.
pub fn event_packet_len(namespace: &str, name: &str, payload: &str) -> usize {
    r#"42["",]"#.len() + namespace_len(namespace) + name.len() + payload.len()
}

/// The length of an ACK packet in an answer to a poll, but for the id.
pub fn ack_packet_len(namespace: &str, answer: &str) -> usize {
    "43[]".len() + namespace_len(namespace) + answer.len()
}

fn namespace_len(namespace: &str) -> usize {
    match namespace {
        "/" => 0,
        other => other.len() + ",".len(),
    }
}

/// The namespaces whose CONNECT these frames of the engine answer with success (`40`).
pub fn connect_acks(frames: &[u8]) -> Vec<Box<str>> {
    Frames(frames)
        .filter(|frame| frame.bytes[0] == TEXT)
        .filter_map(|frame| frame.payload.strip_prefix(b"40"))
        .map(|packet| namespace(packet).into())
        .collect()
}

/// The frames of the engine without Engine.IO's packet `close` (`1`). Node's server sends none on a
/// WebSocket, whose own close frame is enough: python-socketio takes the packet as final and does not
/// reconnect after it.
pub fn without_close(frames: &[u8]) -> Cow<'_, [u8]> {
    if !Frames(frames).any(|frame| frame.bytes == CLOSE) {
        return Cow::Borrowed(frames);
    }
    let others = Frames(frames).map(|frame| frame.bytes);
    Cow::Owned(
        others
            .filter(|bytes| *bytes != CLOSE)
            .flatten()
            .copied()
            .collect(),
    )
}

/// Splits what the engine writes into its frames. What is not a whole frame is the last one, without
/// a payload.
struct Frames<'a>(&'a [u8]);

struct Frame<'a> {
    /// The frame with its header; never empty.
    bytes: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        if self.0.is_empty() {
            return None;
        }
        let (bytes, payload) = split_frame(self.0).unwrap_or((self.0, &[]));
        self.0 = &self.0[bytes.len()..];
        Some(Frame { bytes, payload })
    }
}

/// The first frame, and its payload. A server's frames have no mask.
fn split_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, length) = match bytes {
        [_, 126, a, b, ..] => (4, u64::from(u16::from_be_bytes([*a, *b]))),
        [_, 127, length @ ..] => (10, u64::from_be_bytes(*length.first_chunk()?)),
        [_, length @ ..=125, ..] => (2, u64::from(*length)),
        _ => return None,
    };
    let frame = bytes.get(..usize::try_from(length).ok()?.checked_add(header)?)?;
    Some((frame, &frame[header..]))
}

fn namespace(packet: &[u8]) -> &str {
    if packet.first() != Some(&b'/') {
        return "/";
    }
    let end = packet.iter().position(|byte| *byte == b',');
    std::str::from_utf8(&packet[..end.unwrap_or(packet.len())]).unwrap_or_default()
}

/// Reserves room for the header and writes the type and namespace of a packet.
fn begin_packet(namespace: &str, kind: [u8; 2], length: usize) -> Vec<u8> {
    let mut packet = Vec::with_capacity(MAX_HEADER_BYTES + namespace.len() + length + 16);
    packet.resize(MAX_HEADER_BYTES, 0);
    packet.extend_from_slice(&kind);
    if namespace != "/" {
        packet.extend_from_slice(namespace.as_bytes());
        packet.push(b',');
    }
    packet
}

/// Writes the frame header into the reserved room.
fn finish_frame(mut packet: Vec<u8>) -> Bytes {
    let length = packet.len() - MAX_HEADER_BYTES;
    let start = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => {
            packet[MAX_HEADER_BYTES - 1] = short;
            MAX_HEADER_BYTES - 2
        }
        (_, Ok(medium)) => {
            packet[MAX_HEADER_BYTES - 2..MAX_HEADER_BYTES].copy_from_slice(&medium.to_be_bytes());
            packet[MAX_HEADER_BYTES - 3] = 126;
            MAX_HEADER_BYTES - 4
        }
        _ => {
            packet[MAX_HEADER_BYTES - 8..MAX_HEADER_BYTES]
                .copy_from_slice(&(length as u64).to_be_bytes());
            packet[MAX_HEADER_BYTES - 9] = 127;
            MAX_HEADER_BYTES - 10
        }
    };
    packet[start] = TEXT;
    Bytes::from(packet).slice(start..)
}

#[cfg(test)]
mod tests {
    use super::{ack, ack_packet_len, connect_acks, event, event_packet_len, without_close};
    use serde_json::{Value, json};
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

    /// Decodes with a WebSocket client of its own.
    fn read(frames: &[u8]) -> String {
        let stream = std::io::Cursor::new(frames.to_vec());
        let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
        socket.read().unwrap().into_text().unwrap().to_string()
    }

    #[test]
    fn events_of_any_length_are_frames() {
        for length in [0, 100, 109, 110, 111, 200, 65_000, 66_000] {
            let payload = json!("x".repeat(length)).to_string();
            let frame = event("/", "a \"name\"", &payload).unwrap();
            let text = read(&frame);
            let packet: Value = serde_json::from_str(text.strip_prefix("42").unwrap()).unwrap();
            assert_eq!(packet, json!(["a \"name\"", "x".repeat(length)]));
        }
    }

    #[test]
    fn packets_have_namespaces_and_ids() {
        let payload = json!({ "a": 1 }).to_string();
        let frame = event("/chat/", "said", &payload).unwrap();
        assert_eq!(read(&frame), r#"42/chat/,["said",{"a":1}]"#);
        assert_eq!(read(&ack("/", 7, &true).unwrap()), "437[true]");
        assert_eq!(read(&ack("/chat", 0, &"x").unwrap()), r#"43/chat,0["x"]"#);
    }

    #[test]
    fn packets_have_the_length_that_is_counted() {
        for namespace in ["/", "/chat/"] {
            let payload = json!({ "a": "é" }).to_string();
            let packet = read(&event(namespace, "said", &payload).unwrap());
            assert_eq!(event_packet_len(namespace, "said", &payload), packet.len());
            let packet = read(&ack(namespace, 7, &json!({ "a": "é" })).unwrap());
            assert_eq!(
                ack_packet_len(namespace, &payload),
                packet.len() - "7".len()
            );
        }
    }

    #[test]
    fn connect_acks_are_found_among_other_frames() {
        let frames = b"\x81\x012\x81\x0f40/chat,{\"sid\"}\x81\x2040{\"sid\"x";
        let found = connect_acks(frames);
        assert_eq!(found.iter().map(|it| &**it).collect::<Vec<_>>(), ["/chat"]);
        let frames = b"\x81\x0a40{\"sid\"}\"\x89\x00";
        assert_eq!(connect_acks(frames).len(), 1);
        assert!(connect_acks(b"\x81\x0544/x,").is_empty());
        assert!(connect_acks(b"\x81\x7f").is_empty());
    }

    #[test]
    fn only_the_packet_close_is_left_out() {
        let long = event("/", "x", &"\u{1}1".repeat(70_000)).unwrap();
        let medium = event("/", "x", &"1".repeat(200)).unwrap();
        let close = b"\x81\x011".as_slice();
        let end = b"\x88\x00".as_slice();
        let ping = b"\x81\x012".as_slice();
        let frames = [ping, &long, close, &medium, close, end].concat();
        assert_eq!(
            *without_close(&frames),
            [ping, &long[..], &medium, end].concat()
        );
        assert!(without_close(close).is_empty());
        // The same bytes within a payload, and a frame that is cut off.
        for kept in [
            b"\x81\x054\x81\x0111".as_slice(),
            b"\x81\x7f",
            b"\x81\x05\x81\x011",
        ] {
            assert_eq!(*without_close(kept), *kept);
        }
    }
}
