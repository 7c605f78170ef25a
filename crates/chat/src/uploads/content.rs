//! What a file contains, for those who may have it.

use super::{
    file_store::{Folder, StoredFile},
    thumbnails::StoredThumbnail,
};
use crate::{Caller, Chat, Error, Result};
use bytes::Bytes;
use futures_util::Stream;
use model::{UploadId, UserId};
use sqlx::{PgConnection, types::Json};
use std::ops::Range;

/// A file that is ready, as a response describes it.
#[derive(Clone, Debug)]
pub struct Content {
    pub id: UploadId,
    pub name: String,
    pub content_type: String,
    pub size: u64,
    /// Pictures that are made of dots, video and audio may be shown in place. All else is saved.
    pub is_inline: bool,
    folder: Folder,
}

/// A file that is ready, with its thumbnails.
struct Found {
    content: Content,
    thumbnails: Vec<StoredThumbnail>,
}

impl Chat {
    /// The file of an upload: for the members of the conversations whose messages have it, and for its uploader as
    /// long as no message has it and its time is not over, or a scheduled message or a draft has it. `NotFound` to everybody else, and to those who have left.
    pub async fn content(&self, caller: &Caller, id: UploadId) -> Result<Content> {
        Ok(self.find_content(caller, id).await?.content)
    }

    /// A thumbnail of a picture by its name, such as `800.webp`, for those who may have the picture.
    pub async fn thumbnail(&self, caller: &Caller, id: UploadId, name: &str) -> Result<Content> {
        let found = self.find_content(caller, id).await?;
        let named = found.thumbnails.iter().find_map(|it| it.named(id, name));
        let file = named.ok_or(Error::NotFound("file"))?;
        Ok(Content {
            name: name.to_owned(),
            content_type: "image/webp".to_owned(),
            size: file.len,
            folder: file.folder,
            ..found.content
        })
    }

    async fn find_content(&self, caller: &Caller, id: UploadId) -> Result<Found> {
        let found = sqlx::query!(
            r#"select u.name, u.content_type as "content_type!", u.content_size as "size!",
                u.kind <> 'file' as "is_inline!", u.is_stripped,
                u.thumbnails as "thumbnails: Json<Vec<StoredThumbnail>>"
            from uploads u
            where u.id = $1 and u.kind is not null and (
                exists (
                    select from attachments a
                    join messages m on m.id = a.message_id
                    join memberships k on k.conversation_id = m.conversation_id
                        and k.user_id = $2 and k.left_at is null
                    where a.upload_id = u.id
                )
                or u.user_id = $2
                    and not exists (select from attachments a where a.upload_id = u.id)
                    and (u.expires_at > now()
                        or exists (select from held_uploads h where h.upload_id = u.id))
            )"#,
            id.0,
            caller.user_id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let found = found.ok_or(Error::NotFound("file"))?;
        Ok(Found {
            content: Content {
                id,
                name: found.name,
                content_type: found.content_type,
                size: found.size.unsigned_abs(),
                is_inline: found.is_inline,
                folder: folder(id, found.is_stripped),
            },
            thumbnails: found.thumbnails.0,
        })
    }

    /// All files of a user that are ready, in messages or not.
    pub(crate) async fn own_files(
        &self,
        db: &mut PgConnection,
        id: UserId,
    ) -> Result<Vec<Content>> {
        let rows = sqlx::query!(
            r#"select id, name, content_type as "content_type!", content_size as "size!", is_stripped
            from uploads where user_id = $1 and kind is not null order by id"#,
            id.0
        )
        .fetch_all(db)
        .await?;
        let files = rows.into_iter().map(|row| Content {
            id: UploadId(row.id),
            name: row.name,
            content_type: row.content_type,
            size: row.size.unsigned_abs(),
            is_inline: false,
            folder: folder(UploadId(row.id), row.is_stripped),
        });
        Ok(files.collect())
    }

    /// The bytes of a part of a file, one piece after another.
    pub fn read_content(
        &self,
        content: &Content,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        let file = StoredFile {
            folder: content.folder,
            len: content.size,
        };
        self.0.uploads.settings.store.stream(file, range)
    }
}

fn folder(id: UploadId, is_stripped: bool) -> Folder {
    if is_stripped {
        Folder::Stripped(id)
    } else {
        Folder::Received(id)
    }
}
