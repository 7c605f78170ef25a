//! `Source`: the bytes of a stored file at any position, within a budget.

use crate::{
    Result,
    uploads::file_store::{FileStore, StoredFile},
};
use bytes::Bytes;
use futures_util::TryStreamExt;
use std::pin::pin;

/// Bytes that are read at once for a header.
const WINDOW: u64 = 16 * 1024;

/// Bytes of a file that are read, and how often. Beyond them the file is as if it ended.
pub const MAX_BYTES: u64 = 8 * 1024 * 1024;
pub const MAX_READS: u32 = 256;

pub struct Source<'a> {
    store: &'a FileStore,
    file: StoredFile,
    /// What was read last, and where that begins.
    window: Bytes,
    start: u64,
    bytes_left: u64,
    reads_left: u32,
}

impl<'a> Source<'a> {
    pub fn new(store: &'a FileStore, file: StoredFile) -> Self {
        Self {
            store,
            file,
            window: Bytes::new(),
            start: 0,
            bytes_left: MAX_BYTES,
            reads_left: MAX_READS,
        }
    }

    /// Bytes of the file.
    pub fn len(&self) -> u64 {
        self.file.len
    }

    /// At most so many bytes from a position on: fewer at the end of the file or of the budget.
    pub async fn bytes(&mut self, position: u64, count: usize) -> Result<Bytes> {
        let end = position.saturating_add(count as u64).min(self.file.len);
        if position >= end {
            return Ok(Bytes::new());
        }
        let is_there = position >= self.start && end <= self.start + self.window.len() as u64;
        if !is_there {
            self.fill(position, end).await?;
        }
        let from = usize::try_from(position - self.start).unwrap_or(usize::MAX);
        let from = from.min(self.window.len());
        let wanted = usize::try_from(end - position).unwrap_or(usize::MAX);
        let to = from.saturating_add(wanted).min(self.window.len());
        Ok(self.window.slice(from..to))
    }

    /// So many bytes at a position; `None` if there are not so many.
    pub async fn array<const N: usize>(&mut self, position: u64) -> Result<Option<[u8; N]>> {
        let bytes = self.bytes(position, N).await?;
        Ok(bytes.as_ref().try_into().ok())
    }

    /// The last bytes of the file, at most so many, and where they begin.
    pub async fn tail(&mut self, count: u64) -> Result<(Bytes, u64)> {
        let start = self.file.len.saturating_sub(count);
        let count = usize::try_from(self.file.len - start).unwrap_or(usize::MAX);
        Ok((self.bytes(start, count).await?, start))
    }

    async fn fill(&mut self, position: u64, end: u64) -> Result<()> {
        let end = end.max(position.saturating_add(WINDOW)).min(self.file.len);
        self.window = Bytes::new();
        self.start = position;
        if self.reads_left == 0 || end - position > self.bytes_left {
            return Ok(());
        }
        self.reads_left -= 1;
        self.bytes_left -= end - position;
        let mut pieces = pin!(self.store.stream(self.file, position..end));
        let Some(first) = pieces.try_next().await? else {
            return Ok(());
        };
        let mut all = Vec::from(first);
        while let Some(piece) = pieces.try_next().await? {
            all.extend_from_slice(&piece);
        }
        self.window = all.into();
        Ok(())
    }
}

/// The big-endian number of at most 8 bytes; 0 without any.
pub fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The number in the bytes `from..from + len`; `None` if they are not there.
pub fn number_at(bytes: &[u8], from: usize, len: usize) -> Option<u64> {
    let end = from.checked_add(len)?;
    bytes.get(from..end).map(number)
}
