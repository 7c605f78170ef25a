//! Matroska and `WebM` (RFC 9559): elements within elements. `Info` has the length, `Tracks` the sizes. A browser that records
//! writes no length: the last block has it.

use super::{
    facts::{MAX_DURATION, Media, size},
    source::{Source, number, number_at},
};
use crate::{Result, uploads::pictures::Size};

const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_a966;
const TIMESTAMP_SCALE: u64 = 0x2a_d7b1;
const DURATION: u64 = 0x4489;
const TRACKS: u64 = 0x1654_ae6b;
const TRACK: u64 = 0xae;
const TRACK_TYPE: u64 = 0x83;
const VIDEO: u64 = 0xe0;
const PIXEL_WIDTH: u64 = 0xb0;
const PIXEL_HEIGHT: u64 = 0xba;
const DISPLAY_WIDTH: u64 = 0x54b0;
const DISPLAY_HEIGHT: u64 = 0x54ba;
const DISPLAY_UNIT: u64 = 0x54b2;
const CLUSTER: u64 = 0x1f43_b675;
const CLUSTER_SIGN: [u8; 4] = [0x1f, 0x43, 0xb6, 0x75];
const TIMESTAMP: u64 = 0xe7;
const CRC: u64 = 0xbf;
const POSITION: u64 = 0xa7;
const PREVIOUS_SIZE: u64 = 0xab;
const SIMPLE_BLOCK: u64 = 0xa3;
const BLOCK_GROUP: u64 = 0xa0;
const BLOCK: u64 = 0xa1;
const BLOCK_DURATION: u64 = 0x9b;

/// Nanoseconds of a tick where nothing else is said: then it is a millisecond.
const DEFAULT_SCALE: u64 = 1_000_000;

/// Bytes of the largest element whose inner ones are read at once.
const MAX_ELEMENT: usize = 64 * 1024;

/// Bytes at the end in which the last cluster is looked for, first few and then more.
const TAILS: [u64; 2] = [256 * 1024, 4 * 1024 * 1024];

/// Places that are taken for clusters before the search is given up: sound may have their sign in it.
const MAX_TRIES: usize = 16;

/// The longest block that is believed to be as long as the one before it, in nanoseconds: a picture each second.
const MAX_BLOCK: u64 = 1_000_000_000;

/// The header of an element: its id, where its data begins in the bytes, and how many it has; `None` for until the end.
struct Head {
    id: u64,
    body: usize,
    len: Option<u64>,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let id_len = vint_len(bytes, 4)?;
        let len_len = vint_len(bytes.get(id_len..)?, 8)?;
        let value = number_at(bytes, id_len, len_len)?;
        // Behind the bit that says how long it is. All ones stand for an unknown length.
        let mask = (1 << (7 * len_len)) - 1;
        let value = value & mask;
        Some(Self {
            id: number_at(bytes, 0, id_len)?,
            body: id_len + len_len,
            len: (value != mask).then_some(value),
        })
    }
}

/// The length of a number by its first byte, if it has at most so many bytes.
fn vint_len(bytes: &[u8], most: usize) -> Option<usize> {
    let len = bytes.first()?.leading_zeros() as usize + 1;
    (len <= most).then_some(len)
}

/// The elements in bytes; the last one may be cut.
fn elements(mut bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        let head = Head::read(bytes)?;
        let len = head.len.and_then(|it| usize::try_from(it).ok());
        let rest = bytes.get(head.body..)?;
        let (body, rest) = rest.split_at(len.unwrap_or(usize::MAX).min(rest.len()));
        bytes = rest;
        Some((head.id, body))
    })
}

fn find(bytes: &[u8], id: u64) -> Option<&[u8]> {
    elements(bytes).find(|it| it.0 == id).map(|it| it.1)
}

/// The value of an element of a number in at most 8 bytes.
fn value(bytes: &[u8], id: u64) -> Option<u64> {
    find(bytes, id).filter(|it| it.len() <= 8).map(number)
}

struct Info {
    scale: u64,
    /// In milliseconds.
    duration: Option<i64>,
}

pub async fn read(source: &mut Source<'_>) -> Result<Media> {
    let mut media = Media::default();
    let mut scale = DEFAULT_SCALE;
    let Some(mut position) = segment(source).await? else {
        return Ok(media);
    };
    while let Some((head, start)) = next(source, position).await? {
        let body = start + head.body as u64;
        let Some(len) = head.len.filter(|_| head.id != CLUSTER) else {
            break;
        };
        position = body.saturating_add(len);
        if head.id == INFO || head.id == TRACKS {
            let count = usize::try_from(len).unwrap_or(usize::MAX);
            let bytes = source.bytes(body, count.min(MAX_ELEMENT)).await?;
            if head.id == INFO {
                let info = info(&bytes);
                (scale, media.duration) = (info.scale, info.duration);
            } else {
                (media.has_pictures, media.size) = tracks(&bytes);
            }
        }
    }
    if media.duration.is_none() {
        media.duration = end_of_last_block(source, scale).await?;
    }
    Ok(media)
}

/// The position of what is in the segment, which follows the header of the file.
async fn segment(source: &mut Source<'_>) -> Result<Option<u64>> {
    let mut position = 0;
    while let Some((head, start)) = next(source, position).await? {
        let body = start + head.body as u64;
        if head.id == SEGMENT {
            return Ok(Some(body));
        }
        let Some(len) = head.len else {
            break;
        };
        position = body.saturating_add(len);
    }
    Ok(None)
}

async fn next(source: &mut Source<'_>, position: u64) -> Result<Option<(Head, u64)>> {
    let bytes = source.bytes(position, 12).await?;
    Ok(Head::read(&bytes).map(|head| (head, position)))
}

fn info(bytes: &[u8]) -> Info {
    let scale = value(bytes, TIMESTAMP_SCALE).filter(|it| *it > 0);
    let scale = scale.unwrap_or(DEFAULT_SCALE);
    let ticks = find(bytes, DURATION).and_then(|it| match it.len() {
        4 => Some(f64::from(f32::from_be_bytes(it.try_into().ok()?))),
        8 => Some(f64::from_be_bytes(it.try_into().ok()?)),
        _ => None,
    });
    // Some millionths of a tick, as precise as it is written.
    #[allow(clippy::cast_precision_loss)]
    let duration = ticks.and_then(|it| believed(it * (scale as f64 / 1e6)));
    Info { scale, duration }
}

/// Nothing for what is no number, too.
fn believed(milliseconds: f64) -> Option<i64> {
    // Exact: far below 2^53.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    (1.0..=MAX_DURATION as f64)
        .contains(&milliseconds)
        .then_some(milliseconds as i64)
}

/// Whether there is a track of pictures, and the size of the first.
fn tracks(bytes: &[u8]) -> (Option<bool>, Option<Size>) {
    const FILM: u64 = 1;
    const SOUND: u64 = 2;
    let (mut has_film, mut has_sound, mut shown) = (false, false, None);
    for (_, track) in elements(bytes).filter(|it| it.0 == TRACK) {
        match value(track, TRACK_TYPE) {
            Some(FILM) if !has_film => {
                has_film = true;
                shown = find(track, VIDEO).and_then(shown_size);
            }
            Some(SOUND) => has_sound = true,
            _ => {}
        }
    }
    ((has_film || has_sound).then_some(has_film), shown)
}

/// As it is displayed, where that is said in pixels.
fn shown_size(video: &[u8]) -> Option<Size> {
    let of = |id| value(video, id).unwrap_or_default();
    let displayed = size(of(DISPLAY_WIDTH), of(DISPLAY_HEIGHT));
    let displayed = displayed.filter(|_| of(DISPLAY_UNIT) == 0);
    displayed.or_else(|| size(of(PIXEL_WIDTH), of(PIXEL_HEIGHT)))
}

async fn end_of_last_block(source: &mut Source<'_>, scale: u64) -> Result<Option<i64>> {
    for count in TAILS {
        let (tail, start) = source.tail(count).await?;
        let places = tail.windows(4).enumerate().rev();
        let places = places.filter(|(_, it)| *it == CLUSTER_SIGN).take(MAX_TRIES);
        let mut clusters = places.filter_map(|(at, _)| Times::of_cluster(tail.get(at..)?));
        if let Some(last) = clusters.next() {
            // One block alone is as long as the one before it.
            let before = clusters.next().map(|it| it.last);
            return Ok(last.end(before, scale));
        }
        if start == 0 {
            break;
        }
    }
    Ok(None)
}

/// The times of the blocks of a cluster, in ticks.
struct Times {
    first: u64,
    last: u64,
    /// From the one before the last to the last.
    step: Option<u64>,
    /// The end of what says how long it is.
    said: u64,
}

impl Times {
    /// Of a cluster, which begins with its time. `None` without a block.
    fn of_cluster(bytes: &[u8]) -> Option<Self> {
        let (_, cluster) = elements(bytes).next()?;
        let begin = value(cluster, TIMESTAMP)?;
        let (first, _) = elements(cluster).next()?;
        // The name alone could be sound: `CRC-32` and `Position` may be before the time.
        if ![TIMESTAMP, CRC, POSITION, PREVIOUS_SIZE].contains(&first) {
            return None;
        }
        let mut times = None::<Self>;
        for (id, body) in elements(cluster) {
            let (block, said) = match id {
                SIMPLE_BLOCK => (body, None),
                BLOCK_GROUP => (find(body, BLOCK)?, value(body, BLOCK_DURATION)),
                // The next one follows a cluster whose length is unknown.
                CLUSTER => break,
                _ => continue,
            };
            let Some(at) = time_of(block, begin) else {
                continue;
            };
            let times = times.get_or_insert(Self {
                first: at,
                last: at,
                step: None,
                said: 0,
            });
            if times.last < at {
                times.step = Some(at - times.last);
                times.last = at;
            }
            times.said = times.said.max(at.saturating_add(said.unwrap_or_default()));
        }
        times
    }

    /// The end of the last block, in milliseconds.
    fn end(&self, before: Option<u64>, scale: u64) -> Option<i64> {
        let from_before = before.and_then(|it| self.first.checked_sub(it));
        let step = self.step.or(from_before);
        let step = step.filter(|it| it.saturating_mul(scale) <= MAX_BLOCK);
        let end = self.last.saturating_add(step.unwrap_or_default());
        let nanoseconds = u128::from(end.max(self.said)) * u128::from(scale);
        let duration = i64::try_from(nanoseconds / 1_000_000).ok()?;
        (1..=MAX_DURATION).contains(&duration).then_some(duration)
    }
}

/// In ticks: behind the number of the track is the distance from the time of the cluster.
fn time_of(block: &[u8], begin: u64) -> Option<u64> {
    let track = vint_len(block, 8)?;
    let distance = i16::from_be_bytes(block.get(track..track + 2)?.try_into().ok()?);
    begin.checked_add_signed(i64::from(distance))
}
