//! Thumbnails of pictures: made when an upload is finished, on a thread of low priority, and stored beside its file.

use super::{
    file_store::{FileStore, Folder, PieceWriter, StoredFile},
    media_type::media_type,
    pictures::{self, Outline},
};
use crate::{Chat, Error, Result, thread_priority};
use futures_util::TryStreamExt;
use model::{Thumbnail, UploadId, UserId};
use serde::{Deserialize, Serialize};
use std::{pin::pin, thread, time::Duration};
use thumbnails::{Picture, Thumbnails};
use tokio::{sync::oneshot, time::timeout};

/// A thumbnail as its upload's row has it.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredThumbnail {
    #[serde(flatten)]
    thumbnail: Thumbnail,
    /// Its bytes.
    size: u64,
}

impl StoredThumbnail {
    /// Where its bytes are, if it has this name, such as `800.webp`.
    pub fn named(&self, id: UploadId, name: &str) -> Option<StoredFile> {
        let Thumbnail { width, height, .. } = self.thumbnail;
        let side = width.max(height).unsigned_abs();
        (name == file_name(side)).then_some(StoredFile {
            folder: Folder::Thumbnail(id, side),
            len: self.size,
        })
    }
}

/// What is shown of a picture before it is there itself.
#[derive(Debug, Default)]
pub struct Previews {
    /// From small to large.
    pub thumbnails: Vec<StoredThumbnail>,
    pub placeholder: Option<String>,
}

/// The longest side of a picture that is shown beside a text, in pixels, and its bytes at most.
const SMALL_SIDE: u32 = 256;
const MAX_SMALL_BYTES: usize = 128 * 1024;

/// Pixels of a stranger's picture. A larger one is not decoded: the pictures of users wait for the same turn.
const MAX_STRANGE_PIXELS: u64 = 25_000_000;

/// Longest wait of a stranger's picture for its turn. Then it is not shown: the node that fetches its page has no more time
/// (`link_previews::pages::CLAIM`).
const TURN_TIMEOUT: Duration = Duration::from_secs(20);

/// A picture that is shown beside a text, as WebP.
#[derive(Debug)]
pub struct SmallPicture {
    pub webp: Vec<u8>,
    pub width: i32,
    pub height: i32,
}

impl Chat {
    /// A small picture of one that a stranger has, without its metadata; `None` where it cannot be made, or not soon.
    pub(crate) async fn small_picture(&self, bytes: Vec<u8>) -> Result<Option<SmallPicture>> {
        let picture = picture_in(&bytes).await?.filter(|it| {
            let (width, height) = it.size;
            u64::from(width) * u64::from(height) <= MAX_STRANGE_PIXELS
        });
        let Some(picture) = picture else {
            return Ok(None);
        };
        let uploads = &self.0.uploads;
        // However many wait, those of users have one of them before them.
        let turns = async {
            let strange = uploads.strange.acquire().await?;
            uploads.scaling.acquire().await.map(|turn| (strange, turn))
        };
        let Ok(turns) = timeout(TURN_TIMEOUT, turns).await else {
            return Ok(None);
        };
        let turns = turns.map_err(Error::internal)?;
        let made = run_apart(move || picture.small(&bytes, SMALL_SIDE)).await?;
        drop(turns);
        let made = made.ok().filter(|it| it.webp.len() <= MAX_SMALL_BYTES);
        Ok(made.map(|it| SmallPicture {
            webp: it.webp,
            width: it.width.cast_signed(),
            height: it.height.cast_signed(),
        }))
    }

    /// Squares of the middle of a picture, with these sides, from large to small, as WebP without its metadata; `None`
    /// where it is no still picture that can be shown.
    ///
    /// # Errors
    /// `Overloaded` when its turn does not come.
    pub(crate) async fn squares(
        &self,
        user_id: UserId,
        bytes: Vec<u8>,
        sides: &'static [u32],
    ) -> Result<Option<Vec<Vec<u8>>>> {
        let Some(picture) = picture_in(&bytes).await? else {
            return Ok(None);
        };
        let uploads = &self.0.uploads;
        // One of a user after another, and then among the pictures of all.
        let turn = uploads.finishing.wait_at_most(user_id, TURN_TIMEOUT).await;
        let _turn = turn.ok_or(Error::Overloaded)?;
        let scaling = timeout(TURN_TIMEOUT, uploads.scaling.acquire()).await;
        let _scaling = scaling
            .map_err(|_| Error::Overloaded)?
            .map_err(Error::internal)?;
        match run_apart(move || picture.squares(&bytes, sides)).await? {
            Ok(squares) => Ok(Some(squares)),
            Err(reason) => {
                tracing::debug!(user = %user_id, %reason, "a picture can't be shown");
                Ok(None)
            }
        }
    }

    /// Makes and stores the previews of a picture. One that has none is no error, and neither is a store that does not
    /// take them: the picture is there without.
    pub(super) async fn make_previews(
        &self,
        id: UploadId,
        file: StoredFile,
        media_type: &'static str,
        outline: &Outline,
    ) -> Previews {
        let picture = outline.only_size().map(|size| Picture {
            media_type,
            size,
            orientation: outline.orientation,
        });
        let Some(picture) = picture.filter(|it| it.may_have_thumbnails(file.len)) else {
            return Previews::default();
        };
        let made = self.try_previews(id, file, picture).await;
        made.unwrap_or_else(|error| {
            tracing::warn!(upload = %id, %error, "a picture has no thumbnails");
            Previews::default()
        })
    }

    async fn try_previews(
        &self,
        id: UploadId,
        file: StoredFile,
        picture: Picture,
    ) -> Result<Previews> {
        let uploads = &self.0.uploads;
        let _turn = uploads.scaling.acquire().await.map_err(Error::internal)?;
        let store = &uploads.settings.store;
        let bytes = read(store, file).await?;
        match run_apart(move || picture.thumbnails(&bytes)).await? {
            Ok(made) => write(store, id, made).await,
            // Nothing is wrong with the server.
            Err(reason) => {
                tracing::debug!(upload = %id, %reason, "a picture has no thumbnails");
                Ok(Previews::default())
            }
        }
    }
}

/// The picture that a file is, if it is one that is decoded.
async fn picture_in(bytes: &[u8]) -> Result<Option<Picture>> {
    let (_, media_type) = media_type(bytes, "");
    // What reads the structure of pictures reads from a store.
    let store = FileStore::in_memory();
    let folder = Folder::Received(UploadId(0));
    let mut writer = PieceWriter::new(&store, folder);
    writer.push(bytes).await?;
    let len = writer.finish().await?;
    let file = StoredFile { folder, len };
    let outline = pictures::outline(&store, file, media_type).await?;
    let picture = outline.as_ref().and_then(|outline| {
        outline.size()?;
        Some(Picture {
            media_type,
            size: outline.only_size()?,
            orientation: outline.orientation,
        })
    });
    Ok(picture.filter(|it| it.may_be_small(len)))
}

fn file_name(side: u32) -> String {
    format!("{side}.webp")
}

async fn read(store: &FileStore, file: StoredFile) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(file.len).map_err(Error::internal)?);
    let mut pieces = pin!(store.stream(file, 0..file.len));
    while let Some(piece) = pieces.try_next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

async fn write(store: &FileStore, id: UploadId, made: Thumbnails) -> Result<Previews> {
    let mut previews = Previews {
        placeholder: made.placeholder,
        ..Previews::default()
    };
    for made in made.sizes {
        let side = made.width.max(made.height);
        let mut writer = PieceWriter::new(store, Folder::Thumbnail(id, side));
        writer.push(&made.webp).await?;
        previews.thumbnails.push(StoredThumbnail {
            thumbnail: Thumbnail {
                url: format!("/uploads/{id}/thumbnails/{}", file_name(side)),
                width: made.width.cast_signed(),
                height: made.height.cast_signed(),
            },
            size: writer.finish().await?,
        });
    }
    Ok(previews)
}

/// Runs the work on a thread of its own, of low priority. A decoder that panics ends that thread and nothing else.
pub async fn run_apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    let thread = thread::Builder::new().name("thumbnails".to_owned());
    let started = thread.spawn(move || {
        thread_priority::lower();
        // Nobody waits for it any more when the server ends.
        let _ = answer.send(work());
    });
    // There are too many threads.
    started.map_err(|_| Error::Overloaded)?;
    answered.await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::run_apart;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        assert_eq!(run_apart(|| 7).await.unwrap(), 7);
        assert!(run_apart(|| panic!("as a decoder may")).await.is_err());
    }
}
