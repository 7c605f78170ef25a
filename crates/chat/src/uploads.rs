//! Uploads: files that users send in parts, and that messages have then.
//!
//! A file is its uploader's own until a message has it. From then on it belongs to the members of the conversations
//! whose messages have it, for as long as these do.

mod attaching;
mod content;
mod file_store;
mod finishing;
mod holding;
mod media;
mod media_type;
mod outage;
mod pictures;
mod receiving;
mod row;
mod s3;
mod settings;
pub(crate) mod state;
pub(crate) mod store_error;
mod thumbnails;
mod totals;
mod turns;
mod voice;
mod watching;

pub(crate) use self::thumbnails::{SmallPicture, run_apart};
pub use content::Content;
pub use file_store::FileStore;
pub(crate) use finishing::kind_text;
pub(crate) use holding::{hold_for_scheduled, require_each_once};
pub(crate) use row::with_url;
pub use s3::{S3Address, S3Key};
pub use settings::{MAX_UPLOAD_BYTES, UploadSettings};
pub use store_error::StoreError;

use crate::{Caller, Chat, Error, Result, error::refuse_nul, error::violated, text};
use model::{NewUpload, Upload, UploadId, UploadState};
use row::{load_by_client_id, load_own};
use sqlx::PgConnection;
use totals::Beginning;

/// Uploads of a user of which bytes are missing. Beyond it, `Conflict`.
const MAX_UNFINISHED: i64 = 250;

const IN_MESSAGE: Error = Error::Conflict("A message has this file, sent or scheduled.");

/// Characters of the longest media type that is kept.
const MAX_GIVEN_TYPE: usize = 255;

/// What came of the beginning of an upload.
enum Begun {
    New(UploadId),
    /// One of the same `clientId`.
    Earlier(Box<Upload>),
    /// The limit of the server is near: it has to be begun alone.
    Crowded,
}

impl Chat {
    /// Begins an upload of the caller's. A retry with the same `clientId` returns the first one, and `true`.
    ///
    /// # Errors
    /// `TooLarge` for a file above the limit, `StorageFull` above the user's quota and above that of the server, `Conflict`
    /// beyond 250 unfinished uploads and for a `clientId` of another size; `Invalid` for a voice message without a length
    /// or a waveform.
    pub async fn create_upload(&self, caller: &Caller, new: NewUpload) -> Result<(Upload, bool)> {
        check(&new, self.max_upload_bytes())?;
        self.0.limits.told.take_change(caller.user_id, 1)?;
        let turn = self.0.uploads.creating.wait(caller.user_id).await;
        let begun = match self.way_to_begin(new.size).await? {
            Beginning::Shared => self.begin_upload(caller, &new, Beginning::Shared).await?,
            Beginning::Alone => Begun::Crowded,
        };
        let begun = match begun {
            Begun::Crowded => self.begin_upload(caller, &new, Beginning::Alone).await?,
            begun => begun,
        };
        drop(turn);
        match begun {
            Begun::New(id) => Ok((self.upload(caller, id).await?, false)),
            Begun::Earlier(upload) => Ok((*upload, true)),
            Begun::Crowded => Err(Error::Overloaded),
        }
    }

    async fn begin_upload(
        &self,
        caller: &Caller,
        new: &NewUpload,
        way: Beginning,
    ) -> Result<Begun> {
        let mut tx = self.begin().await?;
        // One upload of a user after another, so that all of them together keep to the quota.
        sqlx::query!(
            "select from users where id = $1 for no key update",
            caller.user_id.0
        )
        .execute(&mut *tx)
        .await?;
        if let Some(client_id) = &new.client_id
            && let Some(earlier) = load_by_client_id(&mut tx, caller.user_id, client_id).await?
        {
            return if earlier.size == new.size {
                Ok(Begun::Earlier(Box::new(earlier)))
            } else {
                Err(Error::Conflict(
                    "This clientId was used for another upload.",
                ))
            };
        }
        self.require_room(&mut tx, caller, new.size).await?;
        if way == Beginning::Alone {
            self.require_room_of_all(&mut tx, new.size).await?;
        }
        let id = sqlx::query_scalar!(
            "insert into uploads (user_id, client_id, name, given_type, size, limited_session_id, duration, waveform)
            values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            caller.user_id.0,
            new.client_id,
            safe_name(&new.name),
            new.content_type
                .chars()
                .take(MAX_GIVEN_TYPE)
                .collect::<String>(),
            new.size,
            caller.limited_session(),
            new.voice.as_ref().map(|it| it.duration),
            new.voice.as_ref().map(voice::waveform_text)
        )
        .fetch_one(&mut *tx)
        .await?;
        if way == Beginning::Shared && !self.has_room_beside_others(&mut tx).await? {
            return Ok(Begun::Crowded);
        }
        tx.commit().await?;
        Ok(Begun::New(UploadId(id)))
    }

    /// An upload of the caller's. One whose bytes are all there becomes ready.
    pub async fn upload(&self, caller: &Caller, id: UploadId) -> Result<Upload> {
        let mut db = self.0.db.acquire().await?;
        let upload = load_own(&mut db, caller, id).await?;
        if upload.state != UploadState::Processing {
            return Ok(upload);
        }
        drop(db);
        self.finish_upload(caller.user_id, id).await?;
        let mut db = self.0.db.acquire().await?;
        load_own(&mut db, caller, id).await
    }

    /// Deletes an upload of the caller's with what has been received of it. It leaves their drafts first.
    ///
    /// # Errors
    /// `Conflict` when a message has it, sent or scheduled: it goes with the message.
    pub async fn delete_upload(&self, caller: &Caller, id: UploadId) -> Result<()> {
        let mut db = self.0.db.acquire().await?;
        load_own(&mut db, caller, id).await?;
        drop(db);
        // What is refused stays in the drafts, too.
        if self.is_in_message(id).await? {
            return Err(IN_MESSAGE);
        }
        self.take_from_drafts(&[id.0]).await?;
        if !self.release_upload(id).await? {
            return Err(IN_MESSAGE);
        }
        Ok(())
    }

    /// Bytes of the largest file that is taken.
    pub fn max_upload_bytes(&self) -> i64 {
        self.0.uploads.settings.max_bytes
    }

    async fn require_room(&self, tx: &mut PgConnection, caller: &Caller, size: i64) -> Result<()> {
        let had = sqlx::query!(
            r#"select coalesce(sum(coalesce(content_size, size)), 0)::bigint as "bytes!",
                count(*) filter (where received < size) as "unfinished!"
            from uploads where user_id = $1"#,
            caller.user_id.0
        )
        .fetch_one(tx)
        .await?;
        if had.unfinished >= MAX_UNFINISHED {
            let many = "Nobody can have more than 250 unfinished uploads.";
            return Err(Error::Conflict(many));
        }
        if had.bytes.saturating_add(size) > self.0.uploads.settings.quota_bytes {
            return Err(Error::StorageFull(
                "Your files take all the room that you have.",
            ));
        }
        Ok(())
    }
}

fn check(new: &NewUpload, max_bytes: i64) -> Result<()> {
    refuse_nul("filename", &new.name)?;
    refuse_nul("filetype", &new.content_type)?;
    if let Some(client_id) = &new.client_id {
        refuse_nul("clientId", client_id)?;
        if client_id.is_empty() || client_id.chars().count() > 128 {
            return Err(violated("conversations_client_id_length"));
        }
    }
    if let Some(voice) = &new.voice {
        voice::check(voice)?;
    }
    if new.size < 0 {
        return Err(Error::invalid("Upload-Length", "must not be negative"));
    }
    if new.size > max_bytes {
        return Err(Error::TooLarge(format!(
            "A file may have at most {max_bytes} bytes."
        )));
    }
    Ok(())
}

/// The last part of a path, of either kind, without what misleads.
fn safe_name(name: &str) -> String {
    let last = name
        .rsplit(['/', '\\'])
        .find(|it| !it.trim_matches(['.', ' ']).is_empty());
    text::file_name(last.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn names_have_no_folders() {
        for (given, safe) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\system.ini", "system.ini"),
            ("..", "attachment"),
            ("a/..", "a"),
            ("", "attachment"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\r\nb.txt", "a b.txt"),
        ] {
            assert_eq!(safe_name(given), safe, "{given:?}");
        }
    }
}
