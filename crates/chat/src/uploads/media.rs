//! What the containers of sound and film say of themselves: how long they are, and how large a film is shown.
//!
//! A reader for each container goes from one header to the next, and looks at the end of a file where the beginning does not
//! say how long it is. Nothing is decoded. A file costs a bounded number of reads and bytes, whatever it says, and what
//! cannot be found out within them stays unknown.

mod facts;
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

use super::file_store::{FileStore, StoredFile};
use crate::Result;
pub use facts::{MAX_DURATION, Media};
use source::Source;
use std::time::Duration;
use tokio::time::timeout;

/// A store that takes longer leaves a file without its length.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

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
