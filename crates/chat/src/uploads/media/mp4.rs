//! MP4 (ISO/IEC 14496-12): boxes within boxes. `moov` has the length, the tracks and their sizes; where it comes in fragments,
//! as a browser records it, the last one has the length.

use super::{
    facts::{Media, milliseconds, size},
    mp4_fragments::{self, Track},
    source::{Source, number_at},
};
use crate::{Result, uploads::pictures::Size};

/// Tracks that are looked at.
const MAX_TRACKS: usize = 16;

/// Bytes of a box that has fields and no boxes: all of `tkhd`.
const MAX_FIELDS: usize = 128;

struct Box {
    kind: [u8; 4],
    body: u64,
    end: u64,
}

#[derive(Default)]
struct Movie {
    timescale: u64,
    duration: u64,
    /// Of all fragments, where that is said.
    fragments: Option<u64>,
    is_fragmented: bool,
    tracks: Vec<Track>,
    /// By track.
    sample_durations: Vec<(u64, u64)>,
}

pub async fn read(source: &mut Source<'_>) -> Result<Media> {
    let len = source.len();
    let Some(moov) = find(source, 0, len, *b"moov").await? else {
        return Ok(Media::default());
    };
    let mut movie = movie(source, moov).await?;
    for track in &mut movie.tracks {
        let known = movie.sample_durations.iter().find(|it| it.0 == track.id);
        track.sample_duration = known.map_or(0, |it| it.1);
    }
    let mut duration = milliseconds(movie.duration, movie.timescale);
    if movie.is_fragmented {
        let said = movie
            .fragments
            .and_then(|it| milliseconds(it, movie.timescale));
        let said = duration.max(said);
        // A recording that was streamed says 0, or how long its first part is.
        duration = match movie.fragments {
            Some(1..) => said,
            _ => said.max(mp4_fragments::duration(source, &movie.tracks).await?),
        };
    } else if duration.is_none() {
        let of_tracks = movie.tracks.iter();
        duration = of_tracks
            .filter_map(|it| milliseconds(it.duration, it.timescale))
            .max();
    }
    let film = movie.tracks.iter().find(|it| it.is_film);
    let has_sound = movie.tracks.iter().any(|it| it.is_sound);
    Ok(Media {
        duration,
        size: film.and_then(|it| it.size),
        has_pictures: (film.is_some() || has_sound).then_some(film.is_some()),
    })
}

async fn movie(source: &mut Source<'_>, moov: Box) -> Result<Movie> {
    let mut movie = Movie::default();
    let mut position = moov.body;
    while let Some(it) = next(source, position, moov.end).await? {
        position = it.end;
        match &it.kind {
            b"mvhd" => {
                let fields = fields(source, &it).await?;
                (movie.timescale, movie.duration) = timed(&fields).unwrap_or_default();
            }
            b"mvex" => {
                movie.is_fragmented = true;
                extends(source, &it, &mut movie).await?;
            }
            b"trak" if movie.tracks.len() < MAX_TRACKS => {
                movie.tracks.push(track(source, &it).await?);
            }
            _ => {}
        }
    }
    Ok(movie)
}

async fn extends(source: &mut Source<'_>, mvex: &Box, movie: &mut Movie) -> Result<()> {
    let mut position = mvex.body;
    while let Some(it) = next(source, position, mvex.end).await? {
        position = it.end;
        let fields = fields(source, &it).await?;
        match &it.kind {
            b"mehd" => {
                let len = if fields.first() == Some(&1) { 8 } else { 4 };
                movie.fragments = number_at(&fields, 4, len);
            }
            b"trex" if movie.sample_durations.len() < MAX_TRACKS => {
                let pair = number_at(&fields, 4, 4).zip(number_at(&fields, 12, 4));
                movie.sample_durations.extend(pair);
            }
            _ => {}
        }
    }
    Ok(())
}

async fn track(source: &mut Source<'_>, of: &Box) -> Result<Track> {
    let mut track = Track::default();
    if let Some(tkhd) = find(source, of.body, of.end, *b"tkhd").await? {
        let fields = fields(source, &tkhd).await?;
        let is_long = fields.first() == Some(&1);
        track.id = number_at(&fields, if is_long { 20 } else { 12 }, 4).unwrap_or_default();
        track.size = shown_size(&fields, is_long);
    }
    let Some(mdia) = find(source, of.body, of.end, *b"mdia").await? else {
        return Ok(track);
    };
    if let Some(mdhd) = find(source, mdia.body, mdia.end, *b"mdhd").await? {
        let fields = fields(source, &mdhd).await?;
        (track.timescale, track.duration) = timed(&fields).unwrap_or_default();
    }
    if let Some(hdlr) = find(source, mdia.body, mdia.end, *b"hdlr").await? {
        let fields = fields(source, &hdlr).await?;
        let handler = fields.get(8..12);
        track.is_film = handler == Some(b"vide");
        track.is_sound = handler == Some(b"soun");
    }
    Ok(track)
}

/// The size of a track header, turned by its matrix: by 90 or 270 degrees, its diagonal is 0.
fn shown_size(fields: &[u8], is_long: bool) -> Option<Size> {
    let matrix = if is_long { 52 } else { 40 };
    let at = |from: usize| number_at(fields, matrix + from, 4);
    let (a, b, d) = (at(0)?, at(4)?, at(16)?);
    // In sixteenths of bits: whole pixels are in the upper half.
    let (width, height) = (at(36)? >> 16, at(40)? >> 16);
    let is_turned = a == 0 && d == 0 && b != 0;
    if is_turned {
        size(height, width)
    } else {
        size(width, height)
    }
}

/// Units of a second and the length in them, of `mvhd` and `mdhd`. All ones stand for an unknown length.
fn timed(fields: &[u8]) -> Option<(u64, u64)> {
    let (timescale, duration, unknown) = if fields.first() == Some(&1) {
        (
            number_at(fields, 20, 4)?,
            number_at(fields, 24, 8)?,
            u64::MAX,
        )
    } else {
        (
            number_at(fields, 12, 4)?,
            number_at(fields, 16, 4)?,
            u64::from(u32::MAX),
        )
    };
    Some((timescale, if duration == unknown { 0 } else { duration }))
}

async fn fields(source: &mut Source<'_>, of: &Box) -> Result<bytes::Bytes> {
    let len = usize::try_from(of.end - of.body).unwrap_or(usize::MAX);
    source.bytes(of.body, len.min(MAX_FIELDS)).await
}

async fn find(source: &mut Source<'_>, start: u64, end: u64, kind: [u8; 4]) -> Result<Option<Box>> {
    let mut position = start;
    while let Some(it) = next(source, position, end).await? {
        if it.kind == kind {
            return Ok(Some(it));
        }
        position = it.end;
    }
    Ok(None)
}

/// The box at a position, within what ends there. It is at least as long as its header.
async fn next(source: &mut Source<'_>, position: u64, limit: u64) -> Result<Option<Box>> {
    if position.saturating_add(8) > limit {
        return Ok(None);
    }
    let Some(head) = source.array::<8>(position).await? else {
        return Ok(None);
    };
    let [a, b, c, d, kind @ ..] = head;
    let (header, len) = match u64::from(u32::from_be_bytes([a, b, c, d])) {
        0 => (8, limit - position),
        1 => match source.array::<8>(position + 8).await? {
            Some(large) => (16, u64::from_be_bytes(large)),
            None => return Ok(None),
        },
        len => (8, len),
    };
    let end = position.saturating_add(len).min(limit);
    let body = position + header;
    Ok((len >= header && body <= end).then_some(Box { kind, body, end }))
}
