//! The endpoint of the personal sequence, from which a device catches up.

use crate::api::prelude::*;
use model::PersonalChanges;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AfterPersonalSeq {
    /// The `seq` of the last answer, or of the last event without a hole before it; 0 for all.
    after: i64,
}

/// Lists what has changed in the caller's personal sequence after a number, in order.
///
/// What changed several times comes once, under its last number. While `hasMore` is true, ask again with `seq`.
#[utoipa::path(get, path = "/me/changes", tag = "sync", operation_id = "listPersonalChanges",
    params(AfterPersonalSeq),
    responses((status = 200, body = PersonalChanges)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(AfterPersonalSeq { after }): Query<AfterPersonalSeq>,
) -> Result<Json<PersonalChanges>> {
    Ok(Json(chat.personal_changes(&caller, after).await?))
}
