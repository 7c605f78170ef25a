//! Uploads whose bytes are all there become ready: each is looked at, pictures lose their metadata and get thumbnails. A
//! process that is killed meanwhile leaves an upload that is finished when somebody asks for it.

use super::{
    file_store::{Folder, PieceWriter, StoredFile},
    media,
    media_type::{HEAD, PLAIN, media_type},
    pictures::{self, Size},
    thumbnails::Previews,
};
use crate::{Chat, Error, Result};
use futures_util::TryStreamExt;
use model::{AttachmentKind, UploadId, UserId};
use sqlx::types::Json;
use std::pin::pin;

/// What is known of a file when it has been looked at.
struct Finished {
    kind: AttachmentKind,
    media_type: &'static str,
    file: StoredFile,
    size: Option<Size>,
    /// Milliseconds.
    duration: Option<i64>,
    previews: Previews,
}

impl Chat {
    /// Makes an upload of the user's ready whose bytes are all there. Others stay as they are. This runs to its end even when the
    /// caller is dropped.
    pub(super) async fn finish_upload(&self, user_id: UserId, id: UploadId) -> Result<()> {
        let chat = self.clone();
        let finishing = tokio::spawn(async move { chat.finish(user_id, id).await });
        finishing.await.map_err(Error::internal)?
    }

    async fn finish(&self, user_id: UserId, id: UploadId) -> Result<()> {
        let _turn = self.0.uploads.finishing.wait(user_id).await;
        let mut tx = self.begin().await?;
        // A large picture takes a while to be written anew and scaled.
        sqlx::query!("set local idle_in_transaction_session_timeout = 0")
            .execute(&mut *tx)
            .await?;
        // Whoever else wants it ready waits for this lock, and a draft that only names it does not.
        let complete = sqlx::query!(
            "select size, given_type from uploads
            where id = $1 and kind is null and received = size for no key update",
            id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(upload) = complete else {
            return Ok(());
        };
        let received = StoredFile {
            folder: Folder::Received(id),
            len: upload.size.unsigned_abs(),
        };
        let finished = self.look_at(id, received, &upload.given_type).await?;
        let is_stripped = finished.file != received;
        sqlx::query!(
            "update uploads set kind = $2, content_type = $3, content_size = $4, is_stripped = $5,
                width = $6, height = $7, placeholder = $8, thumbnails = $9,
                -- Of a voice message whose file does not say how long it is, what its recorder has said.
                duration = case when $2 in ('audio', 'video') then coalesce($10, duration) end,
                waveform = case when $2 = 'audio' then waveform end
            where id = $1",
            id.0,
            kind_text(finished.kind),
            finished.media_type,
            finished.file.len.cast_signed(),
            is_stripped,
            finished.size.map(|it| it.width),
            finished.size.map(|it| it.height),
            finished.previews.placeholder,
            Json(&finished.previews.thumbnails) as _,
            finished.duration
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        if is_stripped {
            let removed = self.0.uploads.settings.store.remove_file(received).await;
            if let Err(error) = removed {
                tracing::warn!(%error, "the received bytes of a file are deleted with it");
            }
        }
        Ok(())
    }

    /// A file that begins as a picture and cannot be shown as one is a plain file, without metadata as well.
    async fn look_at(
        &self,
        id: UploadId,
        received: StoredFile,
        given_type: &str,
    ) -> Result<Finished> {
        let store = &self.0.uploads.settings.store;
        let mut head = pin!(store.stream(received, 0..received.len.min(HEAD as u64)));
        let head = head.try_next().await?.unwrap_or_default();
        let (kind, media_type) = media_type(&head, given_type);
        let Some(outline) = pictures::outline(store, received, media_type).await? else {
            let media = media::read(store, received, media_type).await?;
            let (kind, media_type) = media.kind(kind, media_type);
            return Ok(Finished {
                kind,
                media_type,
                file: received,
                size: media.size,
                duration: media.duration,
                previews: Previews::default(),
            });
        };
        let file = if outline.is_whole(received.len) {
            received
        } else {
            let folder = Folder::Stripped(id);
            let writer = PieceWriter::new(store, folder);
            let len = pictures::write(store, received, &outline, writer).await?;
            StoredFile { folder, len }
        };
        let size = outline.size();
        let (kind, media_type, previews) = if size.is_some() {
            let previews = self.make_previews(id, file, media_type, &outline).await;
            (kind, media_type, previews)
        } else {
            (AttachmentKind::File, PLAIN, Previews::default())
        };
        Ok(Finished {
            kind,
            media_type,
            file,
            size,
            duration: None,
            previews,
        })
    }
}

/// The kind as the database has it.
pub fn kind_text(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Image => "image",
        AttachmentKind::Video => "video",
        AttachmentKind::Audio => "audio",
        AttachmentKind::File => "file",
    }
}
