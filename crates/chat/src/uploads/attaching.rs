//! Uploads become attachments of messages, and are deleted when no message has them any more, and none that is
//! scheduled or being written will.

use super::row::with_url;
use crate::{Caller, Chat, Error, Result, error::violated, messages::MAX_ATTACHMENTS};
use model::{NewAttachment, NewMessage, Upload, UploadId};
use sqlx::types::Json;

/// Of the ids of uploads.
pub(super) const NOT_READY: &str = "must be uploads of yours that are ready, each once";

impl Chat {
    /// Replaces the ids of uploads in a new message by what the message will have. It renews their time, so that none
    /// is swept before the message is written.
    ///
    /// # Errors
    /// `Invalid` for what is no upload of the caller's, not ready, or of a scheduled message.
    pub(crate) async fn take_uploads(&self, caller: &Caller, new: &mut NewMessage) -> Result<()> {
        let ids = std::mem::take(&mut new.attachment_ids);
        if ids.is_empty() {
            return self.recognise_uploads(caller, new).await;
        }
        if ids.len() + new.attachments.len() > MAX_ATTACHMENTS {
            return Err(Error::invalid("attachmentIds", "must be at most 10"));
        }
        let mut uploads = self.ready_uploads(caller, &ids).await?;
        self.refuse_scheduled(&uploads, new).await?;
        for id in ids {
            let at = uploads.iter().position(|it| it.id == id);
            let at = at.ok_or_else(|| Error::invalid("attachmentIds", NOT_READY))?;
            let upload = uploads.swap_remove(at);
            new.attachments.push(NewAttachment {
                name: upload.name.clone(),
                url: upload.url.clone(),
                upload: Some(Box::new(upload)),
            });
        }
        Ok(())
    }

    /// An address of an upload of the caller's stands for it: clients of contracts that know no ids send that.
    async fn recognise_uploads(&self, caller: &Caller, new: &mut NewMessage) -> Result<()> {
        let id_of = |url: &str| {
            url.strip_prefix("/uploads/")?
                .split('/')
                .next()?
                .parse()
                .ok()
        };
        let named = new.attachments.iter();
        let ids: Vec<UploadId> = named.filter_map(|it| id_of(&it.url)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let uploads = self.ready_uploads(caller, &ids).await?;
        self.refuse_scheduled(&uploads, new).await?;
        for upload in uploads {
            for attachment in &mut new.attachments {
                if id_of(&attachment.url) == Some(upload.id) {
                    attachment.name.clone_from(&upload.name);
                    attachment.url.clone_from(&upload.url);
                    attachment.upload = Some(Box::new(upload.clone()));
                }
            }
        }
        Ok(())
    }

    /// Refuses uploads that another scheduled message waits with. `attach_uploads` does so as well, for those that are
    /// scheduled meanwhile: it fails the whole batch of the message, which is then written again.
    async fn refuse_scheduled(&self, uploads: &[Upload], new: &NewMessage) -> Result<()> {
        let ids: Vec<_> = uploads.iter().map(|it| it.id.0).collect();
        let is_scheduled = sqlx::query_scalar!(
            r#"select exists (
                select from scheduled_uploads s
                where s.upload_id = any($1) and $2::text is distinct from 'scheduled-' || s.scheduled_id
                    -- One that has one is about to be released: its message was sent.
                    and not exists (select from attachments a where a.upload_id = s.upload_id)
            ) as "is_scheduled!""#,
            &ids,
            new.client_id
        )
        .fetch_one(&self.0.db)
        .await?;
        if is_scheduled {
            return Err(violated("attachments_upload_scheduled"));
        }
        Ok(())
    }

    /// Those of these uploads of the caller's that are ready, or become so now. Renews their time.
    pub(super) async fn ready_uploads(
        &self,
        caller: &Caller,
        ids: &[UploadId],
    ) -> Result<Vec<Upload>> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let renewed = sqlx::query!(
            r#"update uploads set expires_at = now() + interval '24 hours'
            where id = any($1) and user_id = $2 and received = size
                and ($3::bigint is null or limited_session_id = $3)
            returning id, kind is null as "is_unfinished!""#,
            &ids,
            caller.user_id.0,
            caller.limited_session()
        )
        .fetch_all(&self.0.db)
        .await?;
        // A process that was killed may have left some that it had not looked at.
        for upload in renewed.iter().filter(|it| it.is_unfinished) {
            self.finish_upload(caller.user_id, UploadId(upload.id))
                .await?;
        }
        let ids: Vec<_> = renewed.iter().map(|it| it.id).collect();
        let uploads = sqlx::query_scalar!(
            r#"select json as "json!: Json<Upload>" from upload_json
            where id = any($1) and is_ready"#,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(uploads.into_iter().map(with_url).collect())
    }

    /// Deletes those of these uploads that no message has any more, sent or scheduled. Drafts that have one still lose it:
    /// it was sent meanwhile. One that cannot be deleted now is swept later.
    pub(crate) async fn release_uploads(&self, ids: Vec<i64>) {
        if ids.is_empty() {
            return;
        }
        if let Err(error) = self.take_from_drafts(&ids).await {
            tracing::warn!(%error, "files of drafts are deleted later");
        }
        for id in ids {
            if let Err(error) = self.release_upload(UploadId(id)).await {
                tracing::warn!(%error, "a file is deleted later");
            }
        }
    }

    /// Whether a message has an upload, sent or scheduled.
    pub(super) async fn is_in_message(&self, id: UploadId) -> Result<bool> {
        let is_in_message = sqlx::query_scalar!(
            r#"select exists (select from attachments where upload_id = $1)
                or exists (select from scheduled_uploads where upload_id = $1) as "is_in_message!""#,
            id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(is_in_message)
    }

    /// Deletes an upload that no message, scheduled message or draft has; `false` if one has it. Its bytes are removed
    /// at once, or, where the store does not answer, by the sweep.
    pub(crate) async fn release_upload(&self, id: UploadId) -> Result<bool> {
        self.remove_unattached(id, false).await
    }

    /// As `release_upload`, for one that has expired by now.
    pub(crate) async fn release_expired_upload(&self, id: UploadId) -> Result<bool> {
        self.remove_unattached(id, true).await
    }

    async fn remove_unattached(&self, id: UploadId, must_be_expired: bool) -> Result<bool> {
        let mut tx = self.begin().await?;
        // A send and the next bytes wait for this lock, and then find nothing.
        let locked = sqlx::query!(
            "select from uploads where id = $1 and (expires_at < now() or not $2) for update",
            id.0,
            must_be_expired
        )
        .fetch_optional(&mut *tx)
        .await?;
        let is_kept = sqlx::query_scalar!(
            r#"select exists (select from attachments where upload_id = $1)
                or exists (select from held_uploads where upload_id = $1) as "is_kept!""#,
            id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        if locked.is_none() || is_kept {
            return Ok(false);
        }
        sqlx::query!(
            "with removed as (delete from uploads where id = $1 returning id)
            insert into removed_uploads (upload_id) select id from removed",
            id.0
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        // A store may take its time: nobody waits for a lock meanwhile.
        if let Err(error) = self.remove_bytes(id).await {
            tracing::warn!(upload = %id, %error, "the bytes of a file are removed later");
        }
        Ok(true)
    }

    /// Removes what is stored of an upload that was deleted.
    pub(crate) async fn remove_bytes(&self, id: UploadId) -> Result<()> {
        self.0.uploads.settings.store.remove_all(id).await?;
        sqlx::query!("delete from removed_uploads where upload_id = $1", id.0)
            .execute(&self.0.db)
            .await?;
        Ok(())
    }
}
