//! The bytes of an upload as they arrive.
//!
//! A piece is stored before the database says that it is there. A process that is killed in between leaves a piece
//! that nobody knows of, and the client sends it again. Of two requests that write at once, the one goes on whose
//! piece the database takes first.

use super::{
    file_store::{PIECE, Piece},
    media_type::{HEAD, media_type},
    row::load_own,
};
use crate::{Caller, Chat, Error, Result};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::{AttachmentKind, Upload, UploadId, UploadState};
use std::{pin::pin, time::Duration};
use tokio::time::timeout;

/// How long nothing may arrive until what has arrived is stored, and the request ends.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

const WRONG_OFFSET: Error =
    Error::Conflict("The upload has another offset. Ask for it, and go on from there.");

impl Chat {
    /// Appends bytes to an upload of the caller's, at its offset. Returns the upload as it is then: also when the
    /// body breaks off, with what has arrived. With its last byte it becomes ready.
    ///
    /// # Errors
    /// `Conflict` for another offset. `TooLarge` for more bytes than were announced. `StorageFull` and
    /// `StoreUnavailable` leave the offset after the last piece that was stored.
    pub async fn receive_upload<E>(
        &self,
        caller: &Caller,
        id: UploadId,
        offset: i64,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Upload> {
        let mut db = self.0.db.acquire().await?;
        let upload = load_own(&mut db, caller.user_id, id).await?;
        // A connection is not held while a client takes its time.
        drop(db);
        if upload.offset != offset {
            return Err(WRONG_OFFSET);
        }
        if upload.state == UploadState::Uploading {
            let _turn = self.0.uploads.receiving.acquire().await;
            let mut piece = Unfinished::resume(self, &upload).await?;
            let mut body = pin!(body);
            while let Ok(Some(Ok(mut bytes))) = timeout(STALL_TIMEOUT, body.next()).await {
                piece.require_room(bytes.len())?;
                while !bytes.is_empty() {
                    let taken = bytes.split_to(bytes.len().min(piece.room()));
                    piece.bytes.extend_from_slice(&taken);
                    if piece.room() == 0 {
                        piece.store(self).await?;
                    }
                }
            }
            piece.store(self).await?;
        }
        self.finish_upload(id).await?;
        self.upload(caller, id).await
    }

    /// Looks at an upload whose bytes are all there, and makes it ready. Others stay as they are.
    pub(super) async fn finish_upload(&self, id: UploadId) -> Result<()> {
        let complete = sqlx::query!(
            "select size, given_type from uploads
            where id = $1 and kind is null and received = size",
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let Some(upload) = complete else {
            return Ok(());
        };
        let size = upload.size.unsigned_abs();
        let store = &self.0.uploads.settings.store;
        let mut head = pin!(store.stream(id, size, 0..size.min(HEAD as u64)));
        let head = head.next().await.transpose()?.unwrap_or_default();
        let (kind, content_type) = media_type(&head, &upload.given_type);
        sqlx::query!(
            "update uploads set kind = $2, content_type = $3 where id = $1 and kind is null",
            id.0,
            kind_text(kind),
            content_type
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
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
    /// With the bytes of the last piece, where that is not full.
    async fn resume(chat: &Chat, upload: &Upload) -> Result<Self> {
        let stored = upload.offset.unsigned_abs();
        let mut bytes = Vec::new();
        if let Some(piece) = Piece::unfinished(stored) {
            let store = &chat.0.uploads.settings.store;
            bytes.extend_from_slice(&store.read(upload.id, piece).await?);
        }
        Ok(Self {
            id: upload.id,
            size: upload.size.unsigned_abs(),
            stored,
            bytes,
        })
    }

    /// Bytes that still go into the piece.
    fn room(&self) -> usize {
        usize::try_from(PIECE).unwrap_or(usize::MAX) - self.bytes.len()
    }

    /// The bytes of the pieces before this one, and its own.
    fn received(&self) -> u64 {
        self.stored / PIECE * PIECE + self.bytes.len() as u64
    }

    fn require_room(&self, more: usize) -> Result<()> {
        if self.received() + more as u64 > self.size {
            let announced = self.size;
            let reason = format!("The upload was announced with {announced} bytes.");
            return Err(Error::TooLarge(reason));
        }
        Ok(())
    }

    /// Stores what has been received since the last time, and begins the next piece if this one is full.
    async fn store(&mut self, chat: &Chat) -> Result<()> {
        let received = self.received();
        if received == self.stored {
            return Ok(());
        }
        let piece = Piece {
            number: self.stored / PIECE,
            len: self.bytes.len() as u64,
        };
        let bytes = Bytes::copy_from_slice(&self.bytes);
        let store = &chat.0.uploads.settings.store;
        store.write(self.id, piece, bytes).await?;
        let written = sqlx::query!(
            "update uploads set received = $3, expires_at = now() + interval '24 hours'
            where id = $1 and received = $2",
            self.id.0,
            self.stored.cast_signed(),
            received.cast_signed()
        )
        .execute(&chat.0.db)
        .await?;
        if written.rows_affected() == 0 {
            return Err(WRONG_OFFSET);
        }
        if let Some(earlier) = Piece::unfinished(self.stored) {
            store.remove(self.id, earlier).await?;
        }
        self.stored = received;
        if self.room() == 0 {
            self.bytes.clear();
        }
        Ok(())
    }
}

fn kind_text(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Image => "image",
        AttachmentKind::Video => "video",
        AttachmentKind::Audio => "audio",
        AttachmentKind::File => "file",
    }
}
