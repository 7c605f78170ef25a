//! `FileStore`: the bytes of uploads, in pieces, below a folder, in a bucket of S3, or in memory.
//!
//! All pieces of an upload have `PIECE` bytes but the last one. The name of a piece has its number and its length, so
//! that the number of bytes received, which the database has, tells the names of all of them. A piece that is not
//! full is written anew with what follows, under another name, before the database knows of it.

use super::{
    outage::Outage,
    s3::{S3Address, S3Key},
    store_error::StoreError,
};
use crate::{Error, Result};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use model::UploadId;
use object_store::{
    ObjectStore, ObjectStoreExt, local::LocalFileSystem, memory::InMemory, path::Path,
};
use std::{io, ops::Range, sync::Arc, time::Duration};
use tokio::time::timeout;

/// Bytes of a piece: what an upload takes of the memory while it is received or sent.
pub const PIECE: u64 = PIECE_LEN as u64;
pub const PIECE_LEN: usize = 1024 * 1024;

/// How long the check of a bucket may take, with all its requests.
const CHECK_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct FileStore {
    objects: Arc<dyn ObjectStore>,
    place: Place,
}

/// Where the objects are.
#[derive(Clone, Debug)]
enum Place {
    Memory,
    Folder(Arc<std::path::Path>),
    Bucket(Arc<Bucket>),
}

#[derive(Debug)]
struct Bucket {
    /// As the log names it.
    name: String,
    outage: Outage,
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
            place: Place::Memory,
        }
    }

    /// Files below a folder, which is created. What has been written outlasts a loss of power.
    pub fn below(root: &std::path::Path) -> io::Result<Self> {
        std::fs::create_dir_all(root)?;
        let objects = LocalFileSystem::new_with_prefix(root).map_err(io::Error::other)?;
        Ok(Self {
            objects: Arc::new(objects.with_fsync(true)),
            place: Place::Folder(root.into()),
        })
    }

    /// Files in a bucket, which several nodes may have together. Nothing is asked of it yet: `check` does that. Without a
    /// key, that of the environment is taken.
    ///
    /// # Errors
    /// Words for the operator.
    pub fn in_bucket(address: &S3Address, key: Option<&S3Key>) -> Result<Self, String> {
        Ok(Self {
            objects: address.open(key)?,
            place: Place::Bucket(Arc::new(Bucket {
                name: address.to_string(),
                outage: Outage::default(),
            })),
        })
    }

    /// Writes, reads, lists and deletes an object of its own, as later requests do.
    ///
    /// # Errors
    /// The place, and what it answers.
    pub async fn check(&self) -> Result<(), String> {
        let Place::Bucket(bucket) = &self.place else {
            return Ok(());
        };
        let said = |doing: &str, error: StoreError| format!("{} {error} ({doing})", bucket.name);
        let folder = Path::from(format!("check-{:016x}", rand::random::<u64>()));
        let object = folder.clone().join("object");
        let checking = async {
            let bytes = Bytes::from_static(b"Parlance writes here.");
            let put = self.objects.put(&object, bytes.clone().into()).await;
            put.map_err(|it| said("writing an object", it.into()))?;
            let read = self.objects.get_range(&object, 0..bytes.len() as u64).await;
            let read = read.map_err(|it| said("reading an object", it.into()))?;
            let listed = self.list(&folder).await;
            let listed = listed.map_err(|it| said("listing objects", it))?;
            let removed = self.delete(listed.clone()).await;
            removed.map_err(|it| said("deleting an object", it))?;
            if read != bytes || listed != [object.clone()] {
                return Err(format!("{} does not keep what is written", bucket.name));
            }
            Ok(())
        };
        let checked = timeout(CHECK_TIMEOUT, checking).await;
        checked.unwrap_or_else(|_| Err(said("checking it", StoreError::timed_out())))
    }

    /// Asks a bucket whether it is there, and notes it. `true` for what is no bucket.
    pub(super) async fn look(&self) -> bool {
        if self.answers().is_none() {
            return true;
        }
        let object = Path::from("check");
        match self.ask(self.objects.head(&object)).await {
            Ok(_) => true,
            Err(error) => error.is_not_found(),
        }
    }

    /// Whether the last request to the bucket had an answer; `None` for what is no bucket.
    pub(super) fn answers(&self) -> Option<bool> {
        match &self.place {
            Place::Bucket(bucket) => Some(!bucket.outage.is_away()),
            Place::Memory | Place::Folder(_) => None,
        }
    }

    /// Makes a request, unless the store is known to be away.
    async fn ask<T>(
        &self,
        request: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreError> {
        let Place::Bucket(bucket) = &self.place else {
            return request.await.map_err(StoreError::from);
        };
        bucket.outage.refuse_while_away()?;
        let answer = request.await.map_err(StoreError::from);
        bucket.outage.note(&bucket.name, answer.as_ref().err());
        answer
    }

    pub(super) async fn write(&self, folder: Folder, piece: Piece, bytes: Bytes) -> Result<()> {
        let path = piece.path(folder);
        self.ask(self.objects.put(&path, bytes.into())).await?;
        Ok(())
    }

    pub(super) async fn read(&self, folder: Folder, piece: Piece) -> Result<Bytes> {
        self.read_range(folder, piece, 0..piece.len).await
    }

    async fn read_range(&self, folder: Folder, piece: Piece, range: Range<u64>) -> Result<Bytes> {
        let path = piece.path(folder);
        Ok(self.ask(self.objects.get_range(&path, range)).await?)
    }

    pub(super) async fn remove(&self, folder: Folder, piece: Piece) -> Result<()> {
        let path = piece.path(folder);
        match self.ask(self.objects.delete(&path)).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
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
        if let Place::Folder(root) = &self.place {
            // With what a process that was killed has begun to write.
            return match tokio::fs::remove_dir_all(root.join(id.to_string())).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(StoreError::of_folder(&error).into())
                }
                _ => Ok(()),
            };
        }
        let paths = self.list(&Folder::Received(id).path()).await?;
        Ok(self.delete(paths).await?)
    }

    async fn list(&self, folder: &Path) -> Result<Vec<Path>, StoreError> {
        let objects = self.objects.list(Some(folder));
        self.ask(objects.map_ok(|it| it.location).try_collect())
            .await
    }

    /// Removes objects, a thousand in a request.
    async fn delete(&self, paths: Vec<Path>) -> Result<(), StoreError> {
        let paths = stream::iter(paths.into_iter().map(Ok)).boxed();
        let removed = self.objects.delete_stream(paths);
        self.ask(removed.try_for_each(async |_| Ok(()))).await
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

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if error.is_full() {
            return Self::StorageFull("The server has no room for more files.");
        }
        Self::StoreUnavailable(error)
    }
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
