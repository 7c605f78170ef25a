//! Users of an app whose accounts were deleted here. The app still has their ids, in its tokens and its directory, and
//! would make them anew with everything that it says of them. So an id that was deleted is refused, for good.

use super::external_id::ExternalId;
use crate::Result;
use model::AppId;
use sqlx::PgExecutor;
use std::collections::HashSet;

/// Those of the ids whose account was deleted, as `ExternalId::key` has them.
pub async fn deleted_keys(
    db: impl PgExecutor<'_>,
    app_id: AppId,
    ids: impl Iterator<Item = &ExternalId>,
) -> Result<HashSet<String>> {
    let keys: Vec<_> = ids.map(|id| id.key().into_owned()).collect();
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let deleted = sqlx::query_scalar!(
        r#"select k.key as "key!" from unnest($2::text[]) k(key)
        join deleted_app_users d on d.app_id = $1 and d.key_hash = app_user_hash($1, k.key)"#,
        app_id.0,
        &keys
    )
    .fetch_all(db)
    .await?;
    Ok(deleted.into_iter().collect())
}
