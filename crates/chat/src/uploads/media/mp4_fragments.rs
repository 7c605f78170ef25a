//! The last fragment of an MP4 that comes in fragments: where it begins, and how long its samples are.

use super::{
    facts::milliseconds,
    source::{Source, number_at},
};
use crate::{Result, uploads::pictures::Size};

/// Bytes at the end in which the last fragment is looked for, first few and then more.
const TAILS: [u64; 2] = [256 * 1024, 3 * 1024 * 1024];

/// Places that are taken for fragments before the search is given up: sound may have their name in it.
const MAX_TRIES: usize = 16;

/// `tfhd` and `trun`: which fields follow.
const BASE_OFFSET: u64 = 0x1;
const DESCRIPTION: u64 = 0x2;
const DEFAULT_DURATION: u64 = 0x8;
const DATA_OFFSET: u64 = 0x1;
const FIRST_FLAGS: u64 = 0x4;
const DURATIONS: u64 = 0x100;

/// A track, as the header of the file has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track {
    pub id: u64,
    /// Units of a second.
    pub timescale: u64,
    /// Units of a sample of which nothing else is said.
    pub sample_duration: u64,
    pub duration: u64,
    pub is_film: bool,
    pub is_sound: bool,
    /// As it is shown.
    pub size: Option<Size>,
}

/// The end of the last fragment, in milliseconds.
pub async fn duration(source: &mut Source<'_>, tracks: &[Track]) -> Result<Option<i64>> {
    for count in TAILS {
        let (tail, start) = source.tail(count).await?;
        let places = tail.windows(4).enumerate().rev();
        let mut places = places.filter(|(_, it)| it == b"moof").take(MAX_TRIES);
        let found = places.find_map(|(at, _)| end_of(&tail, at.checked_sub(4)?, tracks));
        if found.is_some() || start == 0 {
            return Ok(found);
        }
    }
    Ok(None)
}

fn end_of(tail: &[u8], at: usize, tracks: &[Track]) -> Option<i64> {
    let (kind, moof, _) = next(tail.get(at..)?)?;
    // The name alone could be sound.
    let (first, _, _) = next(moof)?;
    if &kind != b"moof" || &first != b"mfhd" {
        return None;
    }
    let runs = boxes(moof).filter(|(kind, _)| kind == b"traf");
    runs.filter_map(|(_, traf)| end_of_run(traf, tracks)).max()
}

fn end_of_run(traf: &[u8], tracks: &[Track]) -> Option<i64> {
    let of = |name: &[u8; 4]| boxes(traf).find(|(kind, _)| kind == name).map(|it| it.1);
    let head = of(b"tfhd")?;
    let flags = number_at(head, 1, 3)?;
    let id = number_at(head, 4, 4)?;
    let track = tracks.iter().find(|it| it.id == id)?;
    let mut at = 8;
    for (flag, len) in [(BASE_OFFSET, 8), (DESCRIPTION, 4)] {
        if flags & flag != 0 {
            at += len;
        }
    }
    let own = (flags & DEFAULT_DURATION != 0).then(|| number_at(head, at, 4));
    let default = own.flatten().unwrap_or(track.sample_duration);
    let begin = of(b"tfdt")?;
    let len = if begin.first() == Some(&1) { 8 } else { 4 };
    let begin = number_at(begin, 4, len)?;
    let runs = boxes(traf).filter(|(kind, _)| kind == b"trun");
    let lengths = runs.map(|(_, run)| length_of(run, default).unwrap_or_default());
    let length = lengths.fold(0, u64::saturating_add);
    milliseconds(begin.saturating_add(length), track.timescale)
}

/// Units that the samples of a `trun` take.
fn length_of(run: &[u8], default: u64) -> Option<u64> {
    let (flags, count) = (number_at(run, 1, 3)?, number_at(run, 4, 4)?);
    if flags & DURATIONS == 0 {
        return Some(count.saturating_mul(default));
    }
    let mut at = 8;
    for flag in [DATA_OFFSET, FIRST_FLAGS] {
        if flags & flag != 0 {
            at += 4;
        }
    }
    // Duration, size, flags and offset of each sample, in four bytes, those that are there.
    let fields = (flags >> 8 & 0xf).count_ones() as usize;
    let samples = run.get(at..)?.chunks_exact(4 * fields);
    let samples = samples.take(usize::try_from(count).unwrap_or(usize::MAX));
    let durations = samples.map(|it| number_at(it, 0, 4).unwrap_or_default());
    Some(durations.fold(0, u64::saturating_add))
}

fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (kind, body, rest) = next(bytes)?;
        bytes = rest;
        Some((kind, body))
    })
}

/// The type of a box, what is in it, and what follows. It is whole.
fn next(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let len = usize::try_from(number_at(bytes, 0, 4)?).ok()?;
    let kind = bytes.get(4..8)?.try_into().ok()?;
    let body = bytes.get(8..len)?;
    Some((kind, body, bytes.get(len..)?))
}
