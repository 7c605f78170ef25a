//! Packets of Engine.IO 4 and Socket.IO 5, parsed without their JSON.

/// A packet from the server. Payloads are unparsed JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// Handshake of Engine.IO.
    Open,
    Ping,
    /// The namespace has accepted the CONNECT.
    Connected,
    Refused(&'a str),
    Disconnected,
    Event {
        name: &'a str,
        payload: &'a str,
    },
    Ack {
        id: u64,
        payload: &'a str,
    },
}

impl<'a> Packet<'a> {
    /// `None` for a packet that the servers under test never send.
    pub fn read(text: &'a str) -> Option<Self> {
        let (kind, rest) = split(text)?;
        match kind {
            b'0' => Some(Self::Open),
            b'1' => Some(Self::Disconnected),
            b'2' => Some(Self::Ping),
            b'4' => Self::read_message(rest),
            _ => None,
        }
    }

    fn read_message(text: &'a str) -> Option<Self> {
        let (kind, rest) = split(text)?;
        let rest = after_namespace(rest);
        match kind {
            b'0' => Some(Self::Connected),
            b'1' => Some(Self::Disconnected),
            b'2' => {
                let arguments = within_brackets(after_digits(rest).1)?;
                let (name, payload) = arguments.strip_prefix('"')?.split_once('"')?;
                let payload = payload.strip_prefix(',').unwrap_or_default();
                Some(Self::Event { name, payload })
            }
            b'3' => {
                let (id, rest) = after_digits(rest);
                let payload = within_brackets(rest)?;
                let id = id.parse().ok()?;
                Some(Self::Ack { id, payload })
            }
            b'4' => Some(Self::Refused(rest)),
            _ => None,
        }
    }
}

fn split(text: &str) -> Option<(u8, &str)> {
    let kind = *text.as_bytes().first()?;
    Some((kind, text.get(1..)?))
}

/// What follows a namespace other than `/`, as in `2/chat,["ready"]`.
fn after_namespace(text: &str) -> &str {
    match text.split_once(',') {
        Some((namespace, rest)) if namespace.starts_with('/') => rest,
        _ => text,
    }
}

fn after_digits(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(digits)
}

fn within_brackets(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::Packet;

    #[test]
    fn packets_are_told_apart() {
        let event = Packet::Event {
            name: "ready",
            payload: r#"{"user":[1]}"#,
        };
        assert_eq!(Packet::read(r#"0{"sid":"a"}"#), Some(Packet::Open));
        assert_eq!(Packet::read("2"), Some(Packet::Ping));
        assert_eq!(Packet::read(r#"40{"sid":"a"}"#), Some(Packet::Connected));
        assert_eq!(Packet::read("41"), Some(Packet::Disconnected));
        assert_eq!(Packet::read(r#"42["ready",{"user":[1]}]"#), Some(event));
        assert_eq!(Packet::read(r#"427["ready",{"user":[1]}]"#), Some(event));
        assert_eq!(
            Packet::read(r#"42/chat,7["ready",{"user":[1]}]"#),
            Some(event)
        );
        let payload = r#"{"ok":true}"#;
        let ack = Packet::Ack { id: 17, payload };
        assert_eq!(Packet::read(r#"4317[{"ok":true}]"#), Some(ack));
        let refused = Packet::Refused(r#"{"message":"no"}"#);
        assert_eq!(Packet::read(r#"44{"message":"no"}"#), Some(refused));
    }

    #[test]
    fn what_is_cut_off_is_no_packet() {
        for text in ["", "4", "42", "42[", r#"42["ready"#, "43[1]", "9"] {
            assert_eq!(Packet::read(text), None, "{text}");
        }
        let bare = Packet::Event {
            name: "hello",
            payload: "",
        };
        assert_eq!(Packet::read(r#"42["hello"]"#), Some(bare));
    }
}
