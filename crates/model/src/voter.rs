//! Who has voted.

use crate::Sender;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Somebody who has voted in a poll that is not anonymous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Voter {
    pub user: Sender,
    /// The places of the options that they have chosen, ascending.
    pub options: Vec<i16>,
    #[serde(with = "crate::timestamp")]
    pub voted_at: OffsetDateTime,
}
