//! WAV: chunks, of which one says how many bytes a second has, and one how many there are.

use super::{facts::milliseconds, source::Source};
use crate::Result;

pub async fn duration(source: &mut Source<'_>) -> Result<Option<i64>> {
    let mut position = 12_u64;
    let mut rate = 0;
    while let Some(head) = source.array::<8>(position).await? {
        let body = position + 8;
        let len = little(&head[4..]);
        match &head[..4] {
            b"fmt " => {
                let Some(format) = source.array::<12>(body).await? else {
                    break;
                };
                rate = little(&format[8..]);
            }
            b"data" => {
                // A recorder that could not go back has written 0 or the largest number.
                let rest = source.len().saturating_sub(body);
                let bytes = if len == 0 { rest } else { len.min(rest) };
                return Ok(milliseconds(bytes, rate));
            }
            _ => {}
        }
        // Chunks begin at even positions.
        position = body.saturating_add(len).saturating_add(len & 1);
    }
    Ok(None)
}

/// The little-endian number of at most 8 bytes.
fn little(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}
