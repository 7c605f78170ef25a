//! MP3: the first frame may say how many there are (Xing, Info, VBRI). Otherwise frames are counted, all of a short file, and
//! of a long one so many that their average tells the rest.

use super::{
    facts::milliseconds,
    source::{Source, number_at},
};
use crate::Result;

/// Bytes behind the tags in which the first frame must begin.
const MAX_SEARCHED: u64 = 64 * 1024;

/// Bytes whose frames are counted.
const MAX_COUNTED: u64 = 1024 * 1024;

/// Tags that follow each other at the beginning.
const MAX_TAGS: u32 = 8;

/// The old tag at the end.
const OLD_TAG: u64 = 128;

const LONGEST_HEAD: usize = 192;

/// The header of a frame of layer III.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    len: u64,
    rate: u64,
    samples: u64,
    is_mono: bool,
}

impl Frame {
    fn read(head: &[u8]) -> Option<Self> {
        const RATES: [u64; 3] = [44_100, 48_000, 32_000];
        const KBITS_1: [u64; 15] = [
            0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ];
        const KBITS_2: [u64; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let [0xff, second, third, fourth] = *head.first_chunk()? else {
            return None;
        };
        if second & 0xe6 != 0xe2 {
            return None;
        }
        // MPEG 2.5, nothing, MPEG 2, MPEG 1.
        let shift = match second >> 3 & 3 {
            0 => 2,
            2 => 1,
            3 => 0,
            _ => return None,
        };
        let rate = RATES.get(usize::from(third >> 2 & 3))? >> shift;
        let (table, samples) = if shift == 0 {
            (KBITS_1, 1152)
        } else {
            (KBITS_2, 576)
        };
        let bits = *table.get(usize::from(third >> 4)).filter(|it| **it > 0)? * 1000;
        Some(Self {
            len: samples / 8 * bits / rate + u64::from(third >> 1 & 1),
            rate,
            samples,
            is_mono: fourth >> 6 == 3,
        })
    }

    /// Whether both can be of one stream.
    fn fits(self, other: Self) -> bool {
        (self.rate, self.samples) == (other.rate, other.samples)
    }

    /// How many frames the file has, by what is in the first one instead of sound.
    fn count_in(self, frame: &[u8]) -> Option<u64> {
        let side = match (self.samples, self.is_mono) {
            (1152, false) => 32,
            (1152, true) | (_, false) => 17,
            (_, true) => 9,
        };
        let tag = 4 + side;
        let name = frame.get(tag..tag + 4)?;
        if name == b"Xing" || name == b"Info" {
            let has_count = number_at(frame, tag + 4, 4)? & 1 != 0;
            return number_at(frame, tag + 8, 4).filter(|it| has_count && *it > 0);
        }
        let is_vbri = frame.get(36..40)? == b"VBRI";
        number_at(frame, 36 + 14, 4).filter(|it| is_vbri && *it > 0)
    }
}

pub async fn duration(source: &mut Source<'_>) -> Result<Option<i64>> {
    let start = behind_tags(source).await?;
    let Some((position, first)) = first_frame(source, start).await? else {
        return Ok(None);
    };
    let head = source.bytes(position, LONGEST_HEAD).await?;
    if let Some(count) = first.count_in(&head) {
        return Ok(milliseconds(
            count.saturating_mul(first.samples),
            first.rate,
        ));
    }
    let end = end_of_sound(source).await?;
    count(source, position, end, first).await
}

/// The position behind the tags of `ID3v2`.
async fn behind_tags(source: &mut Source<'_>) -> Result<u64> {
    let mut position = 0_u64;
    for _ in 0..MAX_TAGS {
        let Some(head) = source.array::<10>(position).await? else {
            break;
        };
        if !head.starts_with(b"ID3") {
            break;
        }
        let size = head[6..].iter();
        let size = size.fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
        let footer = if head[5] & 0x10 == 0 { 0 } else { 10 };
        position += 10 + size + footer;
    }
    Ok(position)
}

/// The first frame behind a position that another one follows, or the end.
async fn first_frame(source: &mut Source<'_>, start: u64) -> Result<Option<(u64, Frame)>> {
    let end = start.saturating_add(MAX_SEARCHED).min(source.len());
    let mut position = start;
    while position < end {
        let bytes = source.bytes(position, 4096).await?;
        if bytes.len() < 4 {
            break;
        }
        for (at, head) in bytes.windows(4).enumerate() {
            let Some(frame) = Frame::read(head) else {
                continue;
            };
            let at = position + at as u64;
            let next = at + frame.len;
            let followed = match source.array::<4>(next).await? {
                Some(head) => Frame::read(&head).is_some_and(|it| it.fits(frame)),
                None => next >= source.len(),
            };
            if followed {
                return Ok(Some((at, frame)));
            }
        }
        position += bytes.len() as u64 - 3;
    }
    Ok(None)
}

async fn end_of_sound(source: &mut Source<'_>) -> Result<u64> {
    let len = source.len();
    let Some(tag) = len.checked_sub(OLD_TAG) else {
        return Ok(len);
    };
    let has_tag = source.array::<3>(tag).await? == Some(*b"TAG");
    Ok(if has_tag { tag } else { len })
}

async fn count(source: &mut Source<'_>, start: u64, end: u64, first: Frame) -> Result<Option<i64>> {
    let (mut position, mut frames) = (start, 0_u64);
    while position < end && position - start < MAX_COUNTED {
        let Some(head) = source.array::<4>(position).await? else {
            break;
        };
        let Some(frame) = Frame::read(&head).filter(|it| it.fits(first)) else {
            break;
        };
        position += frame.len;
        frames += 1;
    }
    let counted = position.min(end) - start;
    // What follows a break in the first bytes is counted as what was before.
    let all = u128::from(frames) * u128::from(end.saturating_sub(start));
    let all = all.checked_div(u128::from(counted)).unwrap_or_default();
    let samples = u64::try_from(all)
        .unwrap_or(u64::MAX)
        .saturating_mul(first.samples);
    Ok(milliseconds(samples, first.rate))
}
