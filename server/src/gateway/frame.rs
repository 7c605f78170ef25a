//! Frames: packets of Socket.IO in frames of WebSocket, as they stand on the wire. A server's frames
//! carry no mask (RFC 6455, 5.1), so that one serves all who hear it.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

/// The longest header: two bytes and a length of eight.
const HEADER: usize = 10;

/// One whole frame of text.
const TEXT: u8 = 0x81;

/// `42["name",payload]`
pub fn event(namespace: &str, name: &str, payload: &RawValue) -> Result<Bytes, serde_json::Error> {
    let mut packet = begin(namespace, *b"42", payload.get().len() + name.len());
    packet.push(b'[');
    serde_json::to_writer(&mut packet, name)?;
    packet.push(b',');
    packet.extend_from_slice(payload.get().as_bytes());
    packet.push(b']');
    Ok(close(packet))
}

/// `43id[answer]`
pub fn ack(namespace: &str, id: i64, answer: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let mut packet = begin(namespace, *b"43", 256);
    packet.extend_from_slice(id.to_string().as_bytes());
    packet.push(b'[');
    serde_json::to_writer(&mut packet, answer)?;
    packet.push(b']');
    Ok(close(packet))
}

/// The namespaces whose CONNECT is answered (`40`) in these frames of the engine.
pub fn greetings(mut frames: &[u8]) -> Vec<Box<str>> {
    let mut namespaces = Vec::new();
    while let [first, second, rest @ ..] = frames {
        let (length, rest) = match (second, rest) {
            (126, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), rest),
            // A greeting is short.
            (126.., _) => break,
            (length, rest) => (usize::from(*length), rest),
        };
        let Some((payload, rest)) = rest.split_at_checked(length) else {
            break;
        };
        if *first == TEXT
            && let Some(greeting) = payload.strip_prefix(b"40")
        {
            namespaces.push(namespace(greeting).into());
        }
        frames = rest;
    }
    namespaces
}

fn namespace(packet: &[u8]) -> &str {
    if packet.first() != Some(&b'/') {
        return "/";
    }
    let end = packet.iter().position(|byte| *byte == b',');
    std::str::from_utf8(&packet[..end.unwrap_or(packet.len())]).unwrap_or_default()
}

/// Room for the header, and the beginning of a packet.
fn begin(namespace: &str, kind: [u8; 2], length: usize) -> Vec<u8> {
    let mut packet = Vec::with_capacity(HEADER + namespace.len() + length + 16);
    packet.resize(HEADER, 0);
    packet.extend_from_slice(&kind);
    if namespace != "/" {
        packet.extend_from_slice(namespace.as_bytes());
        packet.push(b',');
    }
    packet
}

/// Writes the header into its room.
fn close(mut packet: Vec<u8>) -> Bytes {
    let length = packet.len() - HEADER;
    let start = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => {
            packet[HEADER - 1] = short;
            HEADER - 2
        }
        (_, Ok(medium)) => {
            packet[HEADER - 2..HEADER].copy_from_slice(&medium.to_be_bytes());
            packet[HEADER - 3] = 126;
            HEADER - 4
        }
        _ => {
            packet[HEADER - 8..HEADER].copy_from_slice(&(length as u64).to_be_bytes());
            packet[HEADER - 9] = 127;
            HEADER - 10
        }
    };
    packet[start] = TEXT;
    Bytes::from(packet).slice(start..)
}

#[cfg(test)]
mod tests {
    use super::{ack, event, greetings};
    use serde_json::{Value, json, value::to_raw_value};
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

    /// As another program reads it.
    fn read(frames: &[u8]) -> String {
        let stream = std::io::Cursor::new(frames.to_vec());
        let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
        socket.read().unwrap().into_text().unwrap().to_string()
    }

    #[test]
    fn events_of_any_length_are_frames() {
        for length in [0, 100, 109, 110, 111, 200, 65_000, 66_000] {
            let payload = to_raw_value(&"x".repeat(length)).unwrap();
            let frame = event("/", "a \"name\"", &payload).unwrap();
            let text = read(&frame);
            let packet: Value = serde_json::from_str(text.strip_prefix("42").unwrap()).unwrap();
            assert_eq!(packet, json!(["a \"name\"", "x".repeat(length)]));
        }
    }

    #[test]
    fn namespaces_and_ids_have_their_place() {
        let payload = to_raw_value(&json!({ "a": 1 })).unwrap();
        let frame = event("/chat/", "said", &payload).unwrap();
        assert_eq!(read(&frame), r#"42/chat/,["said",{"a":1}]"#);
        assert_eq!(read(&ack("/", 7, &true).unwrap()), "437[true]");
        assert_eq!(read(&ack("/chat", 0, &"x").unwrap()), r#"43/chat,0["x"]"#);
    }

    #[test]
    fn greetings_are_found_among_other_frames() {
        let frames = b"\x81\x012\x81\x0f40/chat,{\"sid\"}\x81\x2040{\"sid\"x";
        let found = greetings(frames);
        assert_eq!(found.iter().map(|it| &**it).collect::<Vec<_>>(), ["/chat"]);
        let frames = b"\x81\x0a40{\"sid\"}\"\x89\x00";
        assert_eq!(greetings(frames).len(), 1);
        assert!(greetings(b"\x81\x0544/x,").is_empty());
        assert!(greetings(b"\x81\x7f").is_empty());
    }
}
