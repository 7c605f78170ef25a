//! The bytes of an upload as they arrive.
//!
//! A piece is stored under the lock of the upload's row, and the database says afterwards that it is there. A process
//! that is killed in between leaves a piece that nobody knows of, and the client sends it again. Of two requests that
//! write at once, the second one finds another offset, and stores nothing.

use super::{
    file_store::{Folder, PIECE, PIECE_LEN, Piece},
    row::load_own,
    turns::Turns,
};
use crate::{Caller, Chat, Error, Result};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::{Upload, UploadId, UploadState};
use std::{
    pin::{Pin, pin},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// How long nothing may arrive until what has arrived is stored, and the request ends.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long one piece may take to arrive, which is 3.5 kB a second. Then the request ends in the same way, so that
/// nobody keeps a turn by sending a byte now and then.
const PIECE_TIMEOUT: Duration = Duration::from_mins(5);

/// How long a request waits for its turn. Then it is `Overloaded`.
const TURN_TIMEOUT: Duration = Duration::from_secs(20);

/// Bytes a second below which a request ends while others wait for their turn, with what has arrived.
const MIN_RATE: u64 = 1024;

/// The time over which the rate is measured, and that which a request has at the beginning of it.
const RATE_WINDOW: Duration = Duration::from_secs(15);
const RATE_GRACE: Duration = Duration::from_secs(5);

/// Between two looks whether others wait.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

const WRONG_OFFSET: Error =
    Error::Conflict("The upload has another offset. Ask for it, and go on from there.");

impl Chat {
    /// Appends bytes to an upload of the caller's, at its offset. Returns the upload as it is then: also when the
    /// body breaks off, with what has arrived. With its last byte it becomes ready.
    ///
    /// # Errors
    /// `Conflict` for another offset. `TooLarge` for more bytes than were announced. `Overloaded` when all turns are
    /// taken for 20 seconds. `StorageFull` and
    /// `StoreUnavailable` leave the offset after the last piece that was stored.
    pub async fn receive_upload<E>(
        &self,
        caller: &Caller,
        id: UploadId,
        offset: i64,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Upload> {
        let turns = &self.0.uploads.receiving;
        let turn = turns.wait_at_most(caller.user_id, TURN_TIMEOUT).await;
        let mut turn = Some(turn.ok_or(Error::Overloaded)?);
        let mut db = self.0.db.acquire().await?;
        let upload = load_own(&mut db, caller, id).await?;
        // A connection is not held while a client takes its time.
        drop(db);
        if upload.offset != offset {
            return Err(WRONG_OFFSET);
        }
        let mut piece = Unfinished::resume(self, &upload).await?;
        let mut body = pin!(body);
        let mut ends_at = Instant::now() + PIECE_TIMEOUT;
        let mut pace = Pace::new();
        while let Some(mut bytes) = next_bytes(&mut body, &mut pace, turns).await {
            piece.require_room(bytes.len())?;
            while !bytes.is_empty() {
                let taken = bytes.split_to(bytes.len().min(piece.room()));
                piece.bytes.extend_from_slice(&taken);
                if piece.room() == 0 {
                    piece.store(self).await?;
                    if turns.is_awaited() {
                        // Nothing is in memory now: the next one comes first.
                        drop(turn.take());
                        turn = turns.wait_at_most(caller.user_id, TURN_TIMEOUT).await;
                        pace = Pace::new();
                    }
                    ends_at = Instant::now() + PIECE_TIMEOUT;
                }
            }
            if turn.is_none() || Instant::now() > ends_at {
                break;
            }
        }
        piece.store(self).await?;
        drop(turn);
        self.upload(caller, id).await
    }
}

/// The next bytes of a body; `None` at its end, when it breaks off or stalls, and when it is too slow while others wait.
async fn next_bytes<E>(
    body: &mut Pin<&mut impl Stream<Item = Result<Bytes, E>>>,
    pace: &mut Pace,
    turns: &Turns,
) -> Option<Bytes> {
    let stalls_at = Instant::now() + STALL_TIMEOUT;
    while Instant::now() < stalls_at {
        if turns.is_awaited() && pace.is_slow() {
            return None;
        }
        if let Ok(next) = timeout(LOOK_INTERVAL, body.next()).await {
            let bytes = next?.ok()?;
            pace.count(bytes.len());
            return Some(bytes);
        }
    }
    None
}

/// How fast bytes have come lately.
struct Pace {
    since: Instant,
    bytes: u64,
}

impl Pace {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            bytes: 0,
        }
    }

    fn count(&mut self, bytes: usize) {
        if self.since.elapsed() > RATE_WINDOW {
            *self = Self::new();
        }
        self.bytes += bytes as u64;
    }

    fn is_slow(&self) -> bool {
        let elapsed = self.since.elapsed();
        elapsed >= RATE_GRACE && self.bytes < MIN_RATE * elapsed.as_secs()
    }
}

/// The piece that is being received.
struct Unfinished {
    id: UploadId,
    size: u64,
    /// Bytes that the database knows of.
    stored: u64,
    bytes: Vec<u8>,
}

impl Unfinished {
    /// With the bytes of the last piece, where that is not full and others follow.
    async fn resume(chat: &Chat, upload: &Upload) -> Result<Self> {
        let mut unfinished = Self {
            id: upload.id,
            size: upload.size.unsigned_abs(),
            stored: upload.offset.unsigned_abs(),
            bytes: Vec::new(),
        };
        if upload.state == UploadState::Uploading
            && let Some(piece) = Piece::unfinished(unfinished.stored)
        {
            let store = &chat.0.uploads.settings.store;
            let bytes = store.read(Folder::Received(upload.id), piece).await?;
            unfinished.bytes.extend_from_slice(&bytes);
        }
        Ok(unfinished)
    }

    /// Bytes that still go into the piece.
    fn room(&self) -> usize {
        PIECE_LEN - self.bytes.len()
    }

    /// The bytes of the pieces before this one, and its own.
    fn received(&self) -> u64 {
        self.stored / PIECE * PIECE + self.bytes.len() as u64
    }

    fn require_room(&self, more: usize) -> Result<()> {
        let left = self.size.saturating_sub(self.stored.max(self.received()));
        if more as u64 > left {
            let announced = self.size;
            let reason = format!("The upload was announced with {announced} bytes.");
            return Err(Error::TooLarge(reason));
        }
        Ok(())
    }

    /// Stores what has been received since the last time, and begins the next piece if this one is full.
    async fn store(&mut self, chat: &Chat) -> Result<()> {
        let received = self.received();
        if received <= self.stored {
            return Ok(());
        }
        let is_full = self.room() == 0;
        let bytes = if is_full {
            std::mem::take(&mut self.bytes).into()
        } else {
            Bytes::copy_from_slice(&self.bytes)
        };
        let (chat, id, stored) = (chat.clone(), self.id, self.stored);
        // It is written to its end even when the caller is dropped: under its name comes nothing else meanwhile.
        let writing =
            tokio::spawn(async move { chat.store_piece(id, stored, received, bytes).await });
        writing.await.map_err(Error::internal)??;
        self.stored = received;
        Ok(())
    }
}

impl Chat {
    /// Stores the piece with the last bytes of so many that were received, where so many were stored before.
    async fn store_piece(
        &self,
        id: UploadId,
        stored: u64,
        received: u64,
        bytes: Bytes,
    ) -> Result<()> {
        let uploads = &self.0.uploads;
        let Ok(_turn) = uploads.writing.acquire().await else {
            return Err(Error::Overloaded);
        };
        let mut tx = self.begin().await?;
        let moved = sqlx::query!(
            "update uploads set received = $3, expires_at = now() + interval '24 hours'
            where id = $1 and received = $2",
            id.0,
            stored.cast_signed(),
            received.cast_signed()
        )
        .execute(&mut *tx)
        .await?;
        if moved.rows_affected() == 0 {
            return Err(WRONG_OFFSET);
        }
        let piece = Piece {
            number: stored / PIECE,
            len: bytes.len() as u64,
        };
        let folder = Folder::Received(id);
        uploads.settings.store.write(folder, piece, bytes).await?;
        tx.commit().await?;
        match Piece::unfinished(stored) {
            Some(earlier) => uploads.settings.store.remove(folder, earlier).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, RATE_GRACE, next_bytes};
    use crate::uploads::turns::Turns;
    use bytes::Bytes;
    use futures_util::{FutureExt, Stream, StreamExt, stream};
    use model::UserId;
    use std::{convert::Infallible, pin::pin, time::Duration};
    use tokio::time::{Instant, sleep};

    /// A body of which so many bytes come each second.
    fn body(len: usize) -> impl Stream<Item = Result<Bytes, Infallible>> {
        let part = Bytes::from(vec![0; len]);
        stream::repeat(part).then(async |part| {
            sleep(Duration::from_secs(1)).await;
            Ok(part)
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_ends_while_others_wait_and_not_before() {
        let turns = Turns::new(1, 1);
        let held = turns.wait(UserId(1)).await;
        let (mut slow, mut pace) = (pin!(body(1)), Pace::new());
        for _ in 0..100 {
            let next = next_bytes(&mut slow, &mut pace, &turns).await;
            assert!(next.is_some());
        }
        let mut waiting = Box::pin(turns.wait(UserId(2)));
        assert!(waiting.as_mut().now_or_never().is_none());
        let since = Instant::now();
        while next_bytes(&mut slow, &mut pace, &turns).await.is_some() {}
        assert!(since.elapsed() <= RATE_GRACE + Duration::from_secs(1));

        let (mut silent, mut pace) = (
            pin!(stream::pending::<Result<Bytes, Infallible>>()),
            Pace::new(),
        );
        let since = Instant::now();
        assert!(next_bytes(&mut silent, &mut pace, &turns).await.is_none());
        assert!(since.elapsed() <= RATE_GRACE + Duration::from_secs(1));

        let (mut fast, mut pace) = (pin!(body(2048)), Pace::new());
        for _ in 0..100 {
            let next = next_bytes(&mut fast, &mut pace, &turns).await;
            assert!(next.is_some());
        }
        drop(held);
        waiting.await;
    }
}
