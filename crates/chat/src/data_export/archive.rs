//! `Archive`: a ZIP that is written from its beginning to its end, whose bytes go to whoever takes them. No more of it is
//! in memory than what was compressed last, and its table of contents.

use crate::{Error, Result};
use bytes::Bytes;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, task::yield_now, time::timeout};
use zip::{
    CompressionMethod, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

/// Bytes that are compressed at once: it takes a millisecond, after which the thread does other work.
const SLICE: usize = 64 * 1024;

/// Compressed bytes that are handed on together.
const PIECE: usize = 64 * 1024;

/// How long a client takes for a piece. One that takes longer keeps others from their exports, and gets no whole file.
const PIECE_TIMEOUT: Duration = Duration::from_mins(1);

pub struct Archive {
    zip: ZipWriter<StreamWriter<Sink>>,
    written: Sink,
    to: mpsc::Sender<Result<Bytes>>,
}

/// What was compressed and not handed on yet.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    /// All of it, if it is so much.
    fn take(&self, least: usize) -> Option<Bytes> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!written.is_empty() && written.len() >= least)
            .then(|| std::mem::take(&mut *written).into())
    }
}

impl Archive {
    pub fn new(to: mpsc::Sender<Result<Bytes>>) -> Self {
        let written = Sink::default();
        Self {
            zip: ZipWriter::new_stream(written.clone()),
            written,
            to,
        }
    }

    /// Begins an entry. `is_large`: it may have 4 GiB or more.
    pub fn begin(&mut self, name: &str, is_large: bool) -> Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(4))
            .large_file(is_large);
        self.zip.start_file(name, options).map_err(Error::internal)
    }

    /// # Errors
    /// An internal one when whoever takes the bytes has gone.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        for slice in bytes.chunks(SLICE) {
            self.zip.write_all(slice).map_err(Error::internal)?;
            self.hand_on(PIECE).await?;
            yield_now().await;
        }
        Ok(())
    }

    /// One whole entry.
    pub async fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.begin(name, false)?;
        self.write(bytes).await
    }

    pub async fn finish(self) -> Result<()> {
        let Self { zip, written, to } = self;
        zip.finish().map_err(Error::internal)?;
        send(&to, written.take(0)).await
    }

    async fn hand_on(&mut self, least: usize) -> Result<()> {
        send(&self.to, self.written.take(least)).await
    }
}

async fn send(to: &mpsc::Sender<Result<Bytes>>, piece: Option<Bytes>) -> Result<()> {
    match piece {
        Some(piece) => timeout(PIECE_TIMEOUT, to.send(Ok(piece)))
            .await
            .map_err(Error::internal)?
            .map_err(|_| Error::internal("gone")),
        None => Ok(()),
    }
}
