//! Link previews: what a page says of itself that a link in a message leads to.

use crate::LinkPreviewId;
use serde::{Deserialize, Serialize};

/// What the server has found at an address of a message. All texts are the page's own, as plain text: anybody may have
/// written them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LinkPreview {
    /// By which its sender removes it.
    pub id: LinkPreviewId,
    /// The address as the message has it.
    pub url: String,
    /// The host where the page was found, after redirects.
    pub host: String,
    /// What the site calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<LinkPicture>,
}

/// A small picture of a page, as WebP, from this server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LinkPicture {
    /// A path of this server that nobody can guess.
    pub url: String,
    /// In pixels.
    pub width: i32,
    pub height: i32,
}

/// Whether links are previewed in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LinkPreviewState {
    /// As those who administer the conversation have chosen.
    pub enabled: bool,
    /// Whether this server makes any: the operator may have turned them off.
    pub available: bool,
}

/// Whether links are to be previewed in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"enabled": false})))]
#[serde(rename_all = "camelCase")]
pub struct LinkPreviewChoice {
    pub enabled: bool,
}
