//! `Reader`: the bytes of a stored file in order, one piece in memory.

use crate::{
    Result,
    uploads::file_store::{FileStore, StoredFile},
};
use bytes::{Buf, Bytes};

/// The bytes with which an MP4 begins (ISO/IEC 14496-12, 4.3): the length of a box of less than 256 bytes, and its type.
/// The first of them is not compared, as it may have been passed with a value before, nor is the last of the length.
const FILM: u64 = u64::from_be_bytes(*b"\0\0\0\0ftyp");
const FILM_MASK: u64 = 0x00ff_ff00_ffff_ffff;

/// Bytes of a film that are passed when it is noticed.
const FILM_HEAD: u64 = 8;

/// What `skip_past` has gone behind.
pub enum Passed {
    Value,
    /// The beginning of a film, at this position.
    Film(u64),
    /// The end of the file.
    All,
}

pub struct Reader<'a> {
    store: &'a FileStore,
    file: StoredFile,
    position: u64,
    /// What is in memory from the position on.
    piece: Bytes,
}

impl<'a> Reader<'a> {
    pub fn new(store: &'a FileStore, file: StoredFile) -> Self {
        Self {
            store,
            file,
            position: 0,
            piece: Bytes::new(),
        }
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    /// Bytes of the file.
    pub fn len(&self) -> u64 {
        self.file.len
    }

    /// Goes on by so many bytes, at most to the end.
    pub fn skip(&mut self, count: u64) {
        self.position = self.position.saturating_add(count).min(self.file.len);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.piece.advance(count.min(self.piece.len()));
    }

    /// Goes to a position that has not been passed yet.
    pub fn skip_to(&mut self, position: u64) {
        self.skip(position.saturating_sub(self.position));
    }

    /// Some of the bytes that follow; none at the end.
    async fn fill(&mut self) -> Result<&[u8]> {
        if self.piece.is_empty() && self.position < self.file.len {
            self.piece = self.store.rest_of_piece(self.file, self.position).await?;
        }
        Ok(&self.piece)
    }

    /// The next byte; `None` at the end.
    pub async fn byte(&mut self) -> Result<Option<u8>> {
        let byte = self.fill().await?.first().copied();
        self.skip(u64::from(byte.is_some()));
        Ok(byte)
    }

    /// At most so many bytes: fewer at the end.
    pub async fn bytes(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() < count {
            let more = self.fill().await?;
            let taken = more.len().min(count - bytes.len());
            if taken == 0 {
                break;
            }
            bytes.extend_from_slice(more.get(..taken).unwrap_or_default());
            self.skip(taken as u64);
        }
        Ok(bytes)
    }

    /// So many bytes; `None` if the file ends before.
    pub async fn array<const N: usize>(&mut self) -> Result<Option<[u8; N]>> {
        Ok(self.bytes(N).await?.try_into().ok())
    }

    /// As `array`, within what ends at this position; `None`, with nothing passed, if that ends before.
    pub async fn array_before<const N: usize>(&mut self, end: u64) -> Result<Option<[u8; N]>> {
        if self.position + N as u64 > end {
            return Ok(None);
        }
        self.array().await
    }

    /// Goes behind the next byte of this value, or the beginning of a film before it.
    pub async fn skip_past(&mut self, value: u8) -> Result<Passed> {
        let mut last = u64::MAX;
        loop {
            let more = self.fill().await?;
            if more.is_empty() {
                return Ok(Passed::All);
            }
            let found = more.iter().position(|it| {
                last = last << 8 | u64::from(*it);
                *it == value || last & FILM_MASK == FILM
            });
            let passed = found.map_or(more.len(), |at| at + 1);
            self.skip(passed as u64);
            if last & FILM_MASK == FILM {
                return Ok(Passed::Film(self.position - FILM_HEAD));
            }
            if found.is_some() {
                return Ok(Passed::Value);
            }
        }
    }
}
