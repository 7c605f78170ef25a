//! `Media`: what is known of a file of sound or film, and what is believed of what it says.

use crate::uploads::pictures::Size;
use model::AttachmentKind;

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

impl Media {
    pub fn of_sound(duration: Option<i64>) -> Self {
        Self {
            duration,
            ..Self::default()
        }
    }
}

/// Milliseconds of so many units, of which a second has `rate`. `None` for nothing, and for what is not believed.
pub fn milliseconds(units: u64, rate: u64) -> Option<i64> {
    let exact = (u128::from(units) * 1000).checked_div(u128::from(rate))?;
    let duration = i64::try_from(exact).ok()?;
    (1..=MAX_DURATION).contains(&duration).then_some(duration)
}

/// `None` for a size that is not believed.
pub fn size(width: u64, height: u64) -> Option<Size> {
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
