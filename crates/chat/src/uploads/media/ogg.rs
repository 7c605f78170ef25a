//! Ogg (RFC 3533): the last page of the first stream has its position in samples. Opus (RFC 7845), Vorbis and FLAC.

use super::{
    facts::milliseconds,
    source::{Source, number_at},
};
use crate::Result;

/// Bytes of the largest page, and of two, so that one of them is whole.
const TAIL: u64 = 2 * 65_307;

/// The header of a page, without the lengths of its segments.
const HEADER: usize = 27;

/// How a stream counts.
struct Clock {
    rate: u64,
    /// Samples that are not played at the beginning.
    skipped: u64,
}

pub async fn duration(source: &mut Source<'_>) -> Result<Option<i64>> {
    let head = source.bytes(0, 512).await?;
    let Some((serial, clock)) = stream_of(&head) else {
        return Ok(None);
    };
    let (tail, _) = source.tail(TAIL).await?;
    let last = last_position(&tail, serial);
    Ok(last.and_then(|it| milliseconds(it.checked_sub(clock.skipped)?, clock.rate)))
}

fn stream_of(page: &[u8]) -> Option<(&[u8], Clock)> {
    let serial = page.get(14..18)?;
    let segments = usize::from(*page.get(26)?);
    let packet = page.get(HEADER + segments..)?;
    let little = |at: usize, len: usize| {
        let bytes = packet.get(at..at + len)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |it, byte| it << 8 | u64::from(*byte)),
        )
    };
    let clock = if packet.starts_with(b"OpusHead") {
        // Whatever the rate of the recording was.
        Clock {
            rate: 48_000,
            skipped: little(10, 2)?,
        }
    } else if packet.starts_with(b"\x01vorbis") {
        Clock {
            rate: little(12, 4)?,
            skipped: 0,
        }
    } else if packet.starts_with(b"\x7fFLAC") {
        Clock {
            // Behind the header of the mapping, `fLaC` and that of the block.
            rate: number_at(packet, 9 + 4 + 4 + 10, 3)? >> 4,
            skipped: 0,
        }
    } else {
        return None;
    };
    Some((serial, clock))
}

/// The position of the last page of a stream that has one: a page that ends no packet has all ones.
fn last_position(tail: &[u8], serial: &[u8]) -> Option<u64> {
    let starts = tail.windows(4).enumerate().rev();
    let mut pages = starts.filter(|(_, it)| it == b"OggS");
    pages.find_map(|(at, _)| {
        let page = tail.get(at..at + HEADER)?;
        if page.get(4) != Some(&0) || page.get(14..18) != Some(serial) {
            return None;
        }
        let position = u64::from_le_bytes(page.get(6..14)?.try_into().ok()?);
        (position != u64::MAX).then_some(position)
    })
}
