//! What the containers of sound and film say of themselves: how long they are, and how large a film is shown.
//!
//! A reader for each container goes from one header to the next, and looks at the end of a file where the beginning does not
//! say how long it is. Nothing is decoded. A file costs a bounded number of reads and bytes, whatever it says, and what
//! cannot be found out within them stays unknown.

mod flac;
mod matroska;
mod mp3;
mod mp4;
mod mp4_fragments;
mod ogg;
mod source;
#[cfg(test)]
mod tests;
mod wav;

use super::{
    file_store::{FileStore, StoredFile},
    pictures::Size,
};
use crate::Result;
use model::AttachmentKind;
use source::Source;
use std::time::Duration;
use tokio::time::timeout;

/// A store that takes longer leaves a file without its length.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Milliseconds of the longest file that is believed: 100 hours.
pub const MAX_DURATION: i64 = 100 * 60 * 60 * 1000;

/// Pixels of the longest side of a film that is believed: twice that of 8K.
const MAX_SIDE: u64 = 16_384;

/// What is known of a file of sound or film.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// Milliseconds, from 1 to `MAX_DURATION`.
    pub duration: Option<i64>,
    /// Of a film, as it is shown, turned by its rotation.
    pub size: Option<Size>,
    /// Whether there are pictures; `None` where the container does not tell.
    pub has_pictures: Option<bool>,
}

impl Media {
    /// A recording without pictures is sound, also in a container of films.
    pub fn kind(
        self,
        kind: AttachmentKind,
        media_type: &'static str,
    ) -> (AttachmentKind, &'static str) {
        use AttachmentKind::{Audio, Video};
        match (media_type, self.has_pictures) {
            ("video/mp4", Some(false)) => (Audio, "audio/mp4"),
            ("audio/mp4", Some(true)) => (Video, "video/mp4"),
            ("video/webm", Some(false)) => (Audio, "audio/webm"),
            ("audio/webm", Some(true)) => (Video, "video/webm"),
            _ => (kind, media_type),
        }
    }
}

/// What a stored file of this media type says of itself; nothing of one that is neither sound nor film.
pub async fn read(store: &FileStore, file: StoredFile, media_type: &str) -> Result<Media> {
    let mut source = Source::new(store, file);
    let source = &mut source;
    let reading = async {
        match media_type {
            "video/mp4" | "audio/mp4" => mp4::read(source).await,
            "video/webm" | "audio/webm" => matroska::read(source).await,
            "audio/ogg" => ogg::duration(source).await.map(Media::of_sound),
            "audio/mpeg" => mp3::duration(source).await.map(Media::of_sound),
            "audio/flac" => flac::duration(source).await.map(Media::of_sound),
            "audio/wav" => wav::duration(source).await.map(Media::of_sound),
            _ => Ok(Media::default()),
        }
    };
    timeout(READ_TIMEOUT, reading)
        .await
        .unwrap_or_else(|_| Ok(Media::default()))
}

impl Media {
    fn of_sound(duration: Option<i64>) -> Self {
        Self {
            duration,
            ..Self::default()
        }
    }
}

/// Milliseconds of so many units, of which a second has `rate`. `None` for nothing, and for what is not believed.
fn milliseconds(units: u64, rate: u64) -> Option<i64> {
    let exact = (u128::from(units) * 1000).checked_div(u128::from(rate))?;
    let duration = i64::try_from(exact).ok()?;
    (1..=MAX_DURATION).contains(&duration).then_some(duration)
}

/// `None` for a size that is not believed.
fn size(width: u64, height: u64) -> Option<Size> {
    let side = |it: u64| {
        let it = i32::try_from(it).ok()?;
        (1..=MAX_SIDE)
            .contains(&u64::from(it.unsigned_abs()))
            .then_some(it)
    };
    Some(Size {
        width: side(width)?,
        height: side(height)?,
    })
}
