//! `MessageMeter`: how much of a WebSocket message has been announced and has not ended. It reads the
//! frames of a client beside the engine (RFC 6455, 5.2), which tells nothing of them.

/// Bytes of the longest head: two, eight of the length, four of the mask.
const MAX_HEAD: usize = 14;

#[derive(Default)]
pub struct MessageMeter {
    /// The head of the next frame as far as it has come.
    head: [u8; MAX_HEAD],
    head_len: usize,
    /// Bytes of the current frame's payload that have not come.
    payload_left: u64,
    /// Bytes that the frames of the current message have announced.
    announced: u64,
    /// Whether the current frame ends a message.
    ends_message: bool,
}

impl MessageMeter {
    /// Reads the next bytes of the connection.
    pub fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.payload_left > 0 {
                let count = usize::try_from(self.payload_left).unwrap_or(usize::MAX);
                let count = count.min(bytes.len());
                self.payload_left -= count as u64;
                bytes = &bytes[count..];
            } else {
                let (byte, rest) = (bytes[0], &bytes[1..]);
                self.head[self.head_len] = byte;
                self.head_len += 1;
                bytes = rest;
                if self.head_len >= self.head_bytes() {
                    self.begin_frame();
                    self.head_len = 0;
                } else {
                    continue;
                }
            }
            if self.payload_left == 0 && self.ends_message {
                self.announced = 0;
            }
        }
    }

    /// Bytes of the unfinished message, also those that have been announced only; 0 between messages.
    pub fn unfinished(&self) -> usize {
        usize::try_from(self.announced).unwrap_or(usize::MAX)
    }

    /// Bytes that the current frame has announced and that have not come.
    pub fn awaited(&self) -> usize {
        usize::try_from(self.payload_left).unwrap_or(usize::MAX)
    }

    fn head_bytes(&self) -> usize {
        if self.head_len < 2 {
            return 2;
        }
        let mask = if self.head[1] & 0x80 == 0 { 0 } else { 4 };
        2 + mask + self.length_bytes()
    }

    /// Bytes of the length that follow the first two.
    fn length_bytes(&self) -> usize {
        match self.head[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    fn begin_frame(&mut self) {
        let length = &self.head[2..2 + self.length_bytes()];
        self.payload_left = match length {
            [] => u64::from(self.head[1] & 0x7f),
            bytes => bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        let is_control = self.head[0] & 0x08 != 0;
        self.ends_message = !is_control && self.head[0] & 0x80 != 0;
        if !is_control {
            self.announced = self.announced.saturating_add(self.payload_left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MessageMeter;

    const FINAL: u8 = 0x80;
    const TEXT: u8 = 1;
    const PING: u8 = 9;

    fn frame(first: u8, payload: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match payload {
            0..126 => frame.push(0x80 | u8::try_from(payload).unwrap()),
            126..65536 => {
                frame.push(0x80 | 0x7e);
                frame.extend(u16::try_from(payload).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 0x7f);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame.extend(vec![7; payload]);
        frame
    }

    #[test]
    fn a_message_counts_from_its_head_to_its_end() {
        for payload in [1, 125, 126, 70_000] {
            for chunk in [1, 3, 1000] {
                let mut meter = MessageMeter::default();
                let bytes = frame(FINAL | TEXT, payload);
                for part in bytes[..bytes.len() - 1].chunks(chunk) {
                    meter.read(part);
                }
                assert_eq!(meter.unfinished(), payload, "{payload} by {chunk}");
                assert_eq!(meter.awaited(), 1);
                meter.read(&bytes[bytes.len() - 1..]);
                assert_eq!((meter.unfinished(), meter.awaited()), (0, 0));
            }
        }
    }

    #[test]
    fn fragments_add_up_and_pings_between_them_do_not() {
        let mut meter = MessageMeter::default();
        meter.read(&frame(TEXT, 300));
        assert_eq!((meter.unfinished(), meter.awaited()), (300, 0));
        meter.read(&frame(FINAL | PING, 20));
        meter.read(&frame(0, 500));
        assert_eq!(meter.unfinished(), 800);
        meter.read(&frame(FINAL, 0));
        assert_eq!(meter.unfinished(), 0);
        let mut two = frame(FINAL | TEXT, 5);
        two.extend(&frame(FINAL | TEXT, 200)[..9]);
        meter.read(&two);
        assert_eq!(meter.unfinished(), 200);
    }

    #[test]
    fn a_length_beyond_memory_is_only_a_number() {
        let mut meter = MessageMeter::default();
        meter.read(&[FINAL | TEXT, 0xff]);
        meter.read(&[0xff; 12]);
        assert_eq!(meter.unfinished(), usize::MAX);
    }
}
