//! The rows of pictures, each with the address that its owner's row has.

use crate::{Error, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use model::{ConversationId, PictureSize, UserId, picture_url};
use sqlx::PgConnection;

/// A picture in both sizes, as WebP, under a key of its own.
pub struct Squares {
    key: String,
    small: Vec<u8>,
    large: Vec<u8>,
}

impl Squares {
    /// From large to small.
    ///
    /// # Errors
    /// The same, where they are not two.
    pub fn new(made: Vec<Vec<u8>>) -> Result<Self, Vec<Vec<u8>>> {
        let [large, small] = <[Vec<u8>; 2]>::try_from(made)?;
        Ok(Self {
            key: BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
            small,
            large,
        })
    }

    /// The address by which owners name it.
    fn url(&self) -> String {
        picture_url(&self.key, PictureSize::Large)
    }
}

/// # Errors
/// `NotFound` for a user who was deleted.
pub async fn set_of_user(tx: &mut PgConnection, id: UserId, squares: &Squares) -> Result<String> {
    let url = squares.url();
    // Another change of the user waits for this row.
    let before = sqlx::query_scalar!(
        "select avatar_url from users where id = $1 and deleted_at is null for no key update",
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound("user"))?;
    sqlx::query!(
        "insert into pictures (key, user_id, small, large, replaced_url)
        values ($1, $2, $3, $4, case when $5::text not like '/pictures/%' then $5 end)
        on conflict on constraint pictures_user_unique do update
        set key = excluded.key, small = excluded.small, large = excluded.large, set_at = now()",
        squares.key,
        id.0,
        squares.small,
        squares.large,
        before
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update users set avatar_url = $2 where id = $1", id.0, url)
        .execute(tx)
        .await?;
    Ok(url)
}

/// Returns whether there was one.
pub async fn remove_of_user(tx: &mut PgConnection, id: UserId) -> Result<bool> {
    sqlx::query!("select from users where id = $1 for no key update", id.0)
        .execute(&mut *tx)
        .await?;
    let removed = sqlx::query_scalar!(
        "delete from pictures where user_id = $1 returning replaced_url",
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(replaced) = removed else {
        return Ok(false);
    };
    sqlx::query!(
        "update users set avatar_url = $2 where id = $1",
        id.0,
        replaced
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// The row of the conversation is locked, and gets the address.
pub async fn set_of_conversation(
    tx: &mut PgConnection,
    id: ConversationId,
    squares: &Squares,
) -> Result<String> {
    sqlx::query!(
        "insert into pictures (key, conversation_id, small, large) values ($1, $2, $3, $4)
        on conflict on constraint pictures_conversation_unique do update
        set key = excluded.key, small = excluded.small, large = excluded.large, set_at = now()",
        squares.key,
        id.0,
        squares.small,
        squares.large
    )
    .execute(tx)
    .await?;
    Ok(squares.url())
}

/// Returns whether there was one.
pub async fn remove_of_conversation(tx: &mut PgConnection, id: ConversationId) -> Result<bool> {
    let removed = sqlx::query!("delete from pictures where conversation_id = $1", id.0)
        .execute(tx)
        .await?;
    Ok(removed.rows_affected() > 0)
}
