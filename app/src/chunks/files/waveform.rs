//! The course of the loudness of a voice message, and lengths as people read them.

use std::fmt::Write;

/// Amplitudes of a waveform (`docs/files.md`).
pub const MAX_AMPLITUDES: usize = 100;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Such as 0:12 and 1:02:03, to the nearest second.
pub fn length_text(milliseconds: i64) -> String {
    let seconds = (milliseconds + 500) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// The loudest of each part, as loud as the loudest of all allows, in base64. Silence stays silence.
pub fn waveform_of(levels: &[u8]) -> String {
    const SILENCE: u8 = 8;
    let count = levels.len().clamp(1, MAX_AMPLITUDES);
    let loudest = u32::from(
        levels
            .iter()
            .copied()
            .max()
            .unwrap_or_default()
            .max(SILENCE),
    );
    let amplitudes: Vec<u8> = (0..count)
        .map(|at| {
            let (from, to) = (at * levels.len() / count, (at + 1) * levels.len() / count);
            let part = levels.get(from..to).unwrap_or_default();
            let amplitude = u32::from(part.iter().copied().max().unwrap_or_default());
            u8::try_from(amplitude * 255 / loudest).unwrap_or(u8::MAX)
        })
        .collect();
    encode(&amplitudes)
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= part.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

/// Of base64; what is none ends it.
fn decode(text: &str) -> Vec<u8> {
    let digits = text.bytes();
    let digits = digits.map_while(|byte| DIGITS.iter().position(|it| *it == byte));
    let (mut bits, mut count) = (0_usize, 0_u32);
    let mut bytes = Vec::new();
    for digit in digits {
        bits = bits << 6 & 0xffff | digit;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_le_bytes()[0]);
        }
    }
    bytes
}

/// The lines of a waveform as the path of an SVG of this width and a height of 32.
pub fn path_of(waveform: &str) -> (usize, String) {
    const STEP: usize = 4;
    let amplitudes = decode(waveform);
    let amplitudes = &amplitudes[..amplitudes.len().min(MAX_AMPLITUDES)];
    let mut path = String::new();
    for (at, amplitude) in amplitudes.iter().enumerate() {
        // Half of a line: silence is a dot.
        let half = 1 + usize::from(*amplitude) * 13 / 255;
        let _ = write!(path, "M{} {}v{}", at * STEP + 2, 16 - half, half * 2);
    }
    (amplitudes.len().max(1) * STEP, path)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, length_text, path_of, waveform_of};

    #[test]
    fn lengths_have_minutes_and_seconds() {
        let texts = [0, 499, 500, 12_499, 60_000, 599_999, 3_723_000].map(length_text);
        assert_eq!(
            texts,
            ["0:00", "0:00", "0:01", "0:12", "1:00", "10:00", "1:02:03"]
        );
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for len in 0..100_u8 {
            let bytes: Vec<u8> = (0..len).map(|it| it.wrapping_mul(37)).collect();
            assert_eq!(decode(&encode(&bytes)), bytes);
        }
        assert_eq!(decode("AA<script>"), [0]);
    }

    #[test]
    fn a_waveform_has_the_loudest_of_each_part() {
        assert_eq!(decode(&waveform_of(&[])), [0]);
        assert_eq!(decode(&waveform_of(&[1, 0])), [31, 0]);
        let mut levels = vec![10; 1000];
        levels[999] = 100;
        let amplitudes = decode(&waveform_of(&levels));
        assert_eq!(amplitudes.len(), 100);
        assert_eq!((amplitudes[0], amplitudes[99]), (25, 255));
    }

    #[test]
    fn lines_are_within_the_height() {
        let (width, path) = path_of("AP8=");
        assert_eq!((width, &*path), (8, "M2 15v2M6 2v28"));
    }
}
