//! Pictures without their metadata: where and when they were taken, with which device, by whom, and earlier versions.
//!
//! A walker for each format reads the structure of a file from its beginning, and lists what is kept of it: what is
//! needed to show the picture, its colour profile and its orientation. Nothing is decoded. What a walker does not know
//! is left out, as is all that follows a break or the end.

mod exif;
mod gif;
mod jpeg;
mod outline;
mod png;
mod reader;
mod webp;

use super::file_store::{FileStore, PieceWriter, StoredFile};
use crate::Result;
use futures_util::TryStreamExt;
use outline::Part;
pub use outline::{Outline, Size};
use reader::Reader;
use std::pin::pin;

/// What is kept of a stored file of this media type; `None` for one that is no picture.
pub async fn outline(
    store: &FileStore,
    file: StoredFile,
    media_type: &str,
) -> Result<Option<Outline>> {
    let mut reader = Reader::new(store, file);
    let outline = match media_type {
        "image/jpeg" => jpeg::outline(&mut reader).await?,
        "image/png" => png::outline(&mut reader).await?,
        "image/webp" => webp::outline(&mut reader).await?,
        "image/gif" => gif::outline(&mut reader).await?,
        _ => return Ok(None),
    };
    Ok(Some(outline))
}

/// Writes what is kept of a file; returns its number of bytes.
pub async fn write(
    store: &FileStore,
    file: StoredFile,
    outline: &Outline,
    mut writer: PieceWriter<'_>,
) -> Result<u64> {
    for part in outline.parts() {
        match part {
            Part::Written(bytes) => writer.push(bytes).await?,
            Part::Kept(range) => {
                let mut pieces = pin!(store.stream(file, range.clone()));
                while let Some(bytes) = pieces.try_next().await? {
                    writer.push(&bytes).await?;
                }
            }
        }
    }
    writer.finish().await
}

#[cfg(test)]
mod tests;
