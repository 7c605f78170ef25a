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
pub const PIECE: u64 = 1024 * 1024;

#[derive(Clone, Debug)]
pub struct FileStore(Arc<dyn ObjectStore>);

impl FileStore {
    /// Files in memory, for tests.
    pub fn in_memory() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    /// Files below a folder, which is created.
    pub fn below(folder: &std::path::Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(io::Error::other)?;
        Ok(Self(Arc::new(store.with_automatic_cleanup(true))))
    }

    pub(super) async fn write(&self, id: UploadId, piece: Piece, bytes: Bytes) -> Result<()> {
        let written = self.0.put(&piece.path(id), bytes.into()).await;
        written.map(drop).map_err(failed)
    }

    pub(super) async fn read(&self, id: UploadId, piece: Piece) -> Result<Bytes> {
        self.read_range(id, piece, 0..piece.len).await
    }

    async fn read_range(&self, id: UploadId, piece: Piece, range: Range<u64>) -> Result<Bytes> {
        let read = self.0.get_range(&piece.path(id), range).await;
        read.map_err(failed)
    }

    pub(super) async fn remove(&self, id: UploadId, piece: Piece) -> Result<()> {
        match self.0.delete(&piece.path(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Removes all that is stored of an upload, if there is anything.
    pub(super) async fn remove_all(&self, id: UploadId) -> Result<()> {
        let names = self.0.list(Some(&folder(id)));
        let names: Vec<_> = names
            .map_ok(|it| it.location)
            .try_collect()
            .await
            .map_err(failed)?;
        for name in names {
            match self.0.delete(&name).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    /// The bytes of a part of a file of this size, one piece after another.
    pub(super) fn stream(
        &self,
        id: UploadId,
        size: u64,
        range: Range<u64>,
    ) -> impl stream::Stream<Item = Result<Bytes>> + Send + 'static {
        let store = self.clone();
        let numbers = range.start / PIECE..range.end.div_ceil(PIECE);
        stream::iter(numbers).then(move |number| {
            let (store, range) = (store.clone(), range.clone());
            async move {
                let piece = Piece::of(number, size);
                let begin = number * PIECE;
                let start = range.start.max(begin) - begin;
                let end = range.end.min(begin + piece.len) - begin;
                store.read_range(id, piece, start..end).await
            }
        })
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

    fn path(self, id: UploadId) -> Path {
        folder(id).join(format!("{:08}-{}", self.number, self.len))
    }
}

fn folder(id: UploadId) -> Path {
    Path::from(id.to_string())
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
