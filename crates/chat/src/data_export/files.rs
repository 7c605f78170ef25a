//! The bytes of the user's files, after the snapshot: those of an upload never change.

use super::{archive::Archive, names::safe_name};
use crate::{Chat, Result, uploads::Content};
use futures_util::StreamExt;
use model::UserId;

/// Bytes from which an entry has the form of large ones.
const LARGE: u64 = 4_000_000_000;

impl Chat {
    /// The picture that others see of the user, if there is one.
    pub(super) async fn write_picture(&self, id: UserId, archive: &mut Archive) -> Result<()> {
        let webp = sqlx::query_scalar!("select large from pictures where user_id = $1", id.0)
            .fetch_optional(&self.0.db)
            .await?;
        match webp {
            Some(webp) => archive.add("files/picture.webp", &webp).await,
            None => Ok(()),
        }
    }

    pub(super) async fn write_files(&self, files: &[Content], archive: &mut Archive) -> Result<()> {
        let mut missing = String::new();
        for file in files {
            let name = format!("files/{}-{}", file.id, safe_name(&file.name));
            archive.begin(&name, file.size >= LARGE)?;
            let mut bytes = std::pin::pin!(self.read_content(file, 0..file.size));
            while let Some(piece) = bytes.next().await {
                match piece {
                    Ok(piece) => archive.write(&piece).await?,
                    // Deleted meanwhile, or lost: the others are still worth having.
                    Err(error) => {
                        tracing::warn!(upload = %file.id, %error, "a file is missing in an export");
                        missing.push_str(&name);
                        missing.push('\n');
                        break;
                    }
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        archive.add("files-not-there.txt", missing.as_bytes()).await
    }
}
