//! Uploads as they are read from the database.

use crate::{Caller, Error, Result};
use model::{Upload, UploadId, UserId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::{PgConnection, types::Json};

/// What is written as it is in a segment of a path (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An upload of the caller's; of a token that is limited to conversations, one that it has begun itself: its user may have
/// another one in a conversation that is not the token's.
pub async fn load_own(db: &mut PgConnection, caller: &Caller, id: UploadId) -> Result<Upload> {
    let found = sqlx::query_scalar!(
        r#"select j.json as "json!: Json<Upload>" from upload_json j join uploads u on u.id = j.id
        where j.id = $1 and j.user_id = $2 and ($3::bigint is null or u.limited_session_id = $3)"#,
        id.0,
        caller.user_id.0,
        caller.limited_session()
    )
    .fetch_optional(db)
    .await?;
    found.map(with_url).ok_or(Error::NotFound("upload"))
}

pub async fn load_by_client_id(
    db: &mut PgConnection,
    user_id: UserId,
    client_id: &str,
) -> Result<Option<Upload>> {
    let found = sqlx::query_scalar!(
        r#"select json as "json!: Json<Upload>" from upload_json
        where user_id = $1 and client_id = $2"#,
        user_id.0,
        client_id
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(with_url))
}

pub fn with_url(Json(upload): Json<Upload>) -> Upload {
    let name = utf8_percent_encode(&upload.name, SEGMENT);
    Upload {
        url: format!("/uploads/{}/{name}", upload.id),
        ..upload
    }
}
