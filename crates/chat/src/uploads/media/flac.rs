//! FLAC (RFC 9639): the first metadata block says how many samples there are.

use super::{facts::milliseconds, source::Source};
use crate::Result;

/// `fLaC`, the header of a block, and the stream info.
const HEAD: usize = 4 + 4 + 34;

pub async fn duration(source: &mut Source<'_>) -> Result<Option<i64>> {
    let head = source.array::<HEAD>(0).await?;
    Ok(head.and_then(|head| of_stream_info(&head[4..])))
}

/// Of a block with its header: the rate in 20 bits, channels in 3, bits of a sample in 5, samples in 36.
pub fn of_stream_info(block: &[u8]) -> Option<i64> {
    const STREAM_INFO: u8 = 0;
    if block.first()? & 0x7f != STREAM_INFO {
        return None;
    }
    let fields = super::source::number_at(block, 14, 8)?;
    let (rate, samples) = (fields >> 44, fields & 0xf_ffff_ffff);
    milliseconds(samples, rate)
}
