//! Reactions: an emoji on a message, and the users who reacted with it.

use crate::UserId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    pub emoji: String,
    pub count: i64,
    /// In the order of the reactions.
    pub user_ids: Vec<UserId>,
}
