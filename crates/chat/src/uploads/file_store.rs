//! `FileStore`: the bytes of uploads, in pieces, below a folder or in memory.
//!
//! All pieces of an upload have `PIECE` bytes but the last one. The name of a piece has its number and its length, so
//! that the number of bytes received, which the database has, tells the names of all of them. A piece that is not
//! full is written anew with what follows, under another name, before the database knows of it.

use crate::{Error, Result};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use model::UploadId;
use object_store::{
    ObjectStore, ObjectStoreExt, local::LocalFileSystem, memory::InMemory, path::Path,
};
use std::{error::Error as _, io, ops::Range, sync::Arc};

/// Bytes of a piece: what an upload takes of the memory while it is received or sent.
pub const PIECE: u64 = PIECE_LEN as u64;
pub const PIECE_LEN: usize = 1024 * 1024;

#[derive(Clone, Debug)]
pub struct FileStore {
    objects: Arc<dyn ObjectStore>,
    /// Where the objects are, unless they are in memory.
    root: Option<Arc<std::path::Path>>,
}

/// A file in the store: where its pieces are, and how many bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub folder: Folder,
    pub len: u64,
}

/// The folder of pieces of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// As they were received.
    Received(UploadId),
    /// Of a picture, without its metadata.
    Stripped(UploadId),
    /// Of a picture with this longest side, in pixels.
    Thumbnail(UploadId, u32),
}

impl Folder {
    fn path(self) -> Path {
        match self {
            Self::Received(id) => Path::from(id.to_string()),
            Self::Stripped(id) => Path::from(id.to_string()).join("stripped"),
            Self::Thumbnail(id, side) => Path::from(id.to_string())
                .join("thumbnails")
                .join(side.to_string()),
        }
    }
}

impl FileStore {
    /// Files in memory, for tests.
    pub fn in_memory() -> Self {
        Self {
            objects: Arc::new(InMemory::new()),
            root: None,
        }
    }

    /// Files below a folder, which is created. What has been written outlasts a loss of power.
    pub fn below(root: &std::path::Path) -> io::Result<Self> {
        std::fs::create_dir_all(root)?;
        let objects = LocalFileSystem::new_with_prefix(root).map_err(io::Error::other)?;
        Ok(Self {
            objects: Arc::new(objects.with_fsync(true)),
            root: Some(root.into()),
        })
    }

    pub(super) async fn write(&self, folder: Folder, piece: Piece, bytes: Bytes) -> Result<()> {
        let written = self.objects.put(&piece.path(folder), bytes.into()).await;
        written.map(drop).map_err(failed)
    }

    pub(super) async fn read(&self, folder: Folder, piece: Piece) -> Result<Bytes> {
        self.read_range(folder, piece, 0..piece.len).await
    }

    async fn read_range(&self, folder: Folder, piece: Piece, range: Range<u64>) -> Result<Bytes> {
        let read = self.objects.get_range(&piece.path(folder), range).await;
        read.map_err(failed)
    }

    pub(super) async fn remove(&self, folder: Folder, piece: Piece) -> Result<()> {
        match self.objects.delete(&piece.path(folder)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Removes the pieces of a file.
    pub(super) async fn remove_file(&self, file: StoredFile) -> Result<()> {
        for number in 0..file.len.div_ceil(PIECE) {
            self.remove(file.folder, Piece::of(number, file.len))
                .await?;
        }
        Ok(())
    }

    /// Removes all that is stored of an upload, if there is anything.
    pub(super) async fn remove_all(&self, id: UploadId) -> Result<()> {
        if let Some(root) = &self.root {
            // With what a process that was killed has begun to write.
            return match tokio::fs::remove_dir_all(root.join(id.to_string())).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(Error::StoreUnavailable(object_store::Error::Generic {
                        store: "folder",
                        source: error.into(),
                    }))
                }
                _ => Ok(()),
            };
        }
        let names = self.objects.list(Some(&Folder::Received(id).path()));
        let names: Vec<_> = names
            .map_ok(|it| it.location)
            .try_collect()
            .await
            .map_err(failed)?;
        for name in names {
            self.objects.delete(&name).await.map_err(failed)?;
        }
        Ok(())
    }

    /// The bytes of a part of a file, one piece after another.
    pub(super) fn stream(
        &self,
        file: StoredFile,
        range: Range<u64>,
    ) -> impl stream::Stream<Item = Result<Bytes>> + Send + 'static {
        let store = self.clone();
        let numbers = range.start / PIECE..range.end.div_ceil(PIECE);
        stream::iter(numbers).then(move |number| {
            let (store, range) = (store.clone(), range.clone());
            async move {
                let piece = Piece::of(number, file.len);
                let begin = number * PIECE;
                let start = range.start.max(begin) - begin;
                let end = range.end.min(begin + piece.len) - begin;
                store.read_range(file.folder, piece, start..end).await
            }
        })
    }

    /// The bytes from a position in a file to the end of their piece.
    pub(super) async fn rest_of_piece(&self, file: StoredFile, position: u64) -> Result<Bytes> {
        let piece = Piece::of(position / PIECE, file.len);
        self.read_range(file.folder, piece, position % PIECE..piece.len)
            .await
    }
}

/// Writes a file from its beginning, piece by piece.
pub struct PieceWriter<'a> {
    store: &'a FileStore,
    folder: Folder,
    number: u64,
    bytes: Vec<u8>,
}

impl<'a> PieceWriter<'a> {
    pub fn new(store: &'a FileStore, folder: Folder) -> Self {
        Self {
            store,
            folder,
            number: 0,
            bytes: Vec::new(),
        }
    }

    pub async fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let room = PIECE_LEN - self.bytes.len();
            let (taken, rest) = bytes.split_at(bytes.len().min(room));
            self.bytes.extend_from_slice(taken);
            bytes = rest;
            if self.bytes.len() == PIECE_LEN {
                self.store().await?;
                self.number += 1;
            }
        }
        Ok(())
    }

    /// Writes the last piece; returns how many bytes the file has.
    pub async fn finish(mut self) -> Result<u64> {
        let len = self.number * PIECE + self.bytes.len() as u64;
        if !self.bytes.is_empty() {
            self.store().await?;
        }
        Ok(len)
    }

    async fn store(&mut self) -> Result<()> {
        let piece = Piece {
            number: self.number,
            len: self.bytes.len() as u64,
        };
        let bytes = std::mem::take(&mut self.bytes);
        self.store.write(self.folder, piece, bytes.into()).await
    }
}

/// A piece of a file, by its number from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub number: u64,
    pub len: u64,
}

impl Piece {
    /// The piece of this number where so many bytes are stored.
    fn of(number: u64, stored: u64) -> Self {
        let len = stored.saturating_sub(number * PIECE).min(PIECE);
        Self { number, len }
    }

    /// The last piece of so many bytes, if it is not full.
    pub fn unfinished(stored: u64) -> Option<Self> {
        let last = Self::of(stored / PIECE, stored);
        (last.len > 0).then_some(last)
    }

    fn path(self, folder: Folder) -> Path {
        folder
            .path()
            .join(format!("{:08}-{}", self.number, self.len))
    }
}

fn failed(error: object_store::Error) -> Error {
    if is_full(&error) {
        return Error::StorageFull("The server has no room for more files.");
    }
    Error::StoreUnavailable(error)
}

/// Whether the disk, or what a user of the system may have of it, is full.
fn is_full(error: &object_store::Error) -> bool {
    let mut cause = error.source();
    while let Some(it) = cause {
        if let Some(io) = it.downcast_ref::<io::Error>() {
            let kind = io.kind();
            if matches!(
                kind,
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ) {
                return true;
            }
        }
        cause = it.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{PIECE, Piece};

    #[test]
    fn the_bytes_received_tell_the_pieces() {
        assert_eq!(Piece::unfinished(0), None);
        assert_eq!(Piece::unfinished(PIECE), None);
        let last = Piece { number: 2, len: 5 };
        assert_eq!(Piece::unfinished(2 * PIECE + 5), Some(last));
        let full = Piece {
            number: 1,
            len: PIECE,
        };
        assert_eq!(Piece::of(1, 2 * PIECE + 5), full);
    }
}
