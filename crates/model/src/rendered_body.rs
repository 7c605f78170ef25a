//! A text as it would be shown, before it is sent.

use crate::Entity;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RenderedBody {
    /// As that of a message: absent where the body shows as the plain text does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// As those of a message: absent without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
}
