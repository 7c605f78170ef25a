//! Deletion of an account, and what becomes of its messages.

use crate::{TwoFactorProof, UserId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use time::OffsetDateTime;

/// What becomes of the messages of an account that is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MessagesOfDeleted {
    /// They stay, as those of "Deleted user".
    #[default]
    Keep,
    /// They are deleted, as by their sender, with the reactions and the votes of the account.
    Remove,
}

impl FromStr for MessagesOfDeleted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "keep" => Ok(Self::Keep),
            "remove" => Ok(Self::Remove),
            _ => Err("must be keep or remove"),
        }
    }
}

/// The caller's wish to delete the own account, with what proves that it is theirs.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"username": "ada", "messages": "keep",
    "currentPassword": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase")]
pub struct OwnDeletion {
    /// The caller's username, so that nobody deletes an account by mistake.
    pub username: String,
    pub messages: MessagesOfDeleted,
    /// Not needed of an account without a password, whose sign-in has to be fresh instead.
    #[serde(default)]
    pub current_password: String,
    /// Of the authenticator app, or a recovery code, where the caller has a second factor.
    #[serde(default)]
    pub code: String,
}

/// The wish of an administrator to delete the account of somebody else, with what proves that it is the administrator's.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"messages": "keep",
    "currentPassword": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase")]
pub struct AccountDeletion {
    #[serde(default)]
    pub messages: MessagesOfDeleted,
    /// The administrator's. Not needed of one without a password, whose sign-in has to be fresh instead.
    #[serde(default)]
    pub current_password: String,
    /// Of the authenticator app, or a recovery code, where the administrator has a second factor.
    #[serde(default)]
    pub code: String,
}

/// What proves that an export of personal data is for the caller.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"currentPassword": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase")]
pub struct OwnExport {
    /// Not needed of an account without a password, whose sign-in has to be fresh instead.
    #[serde(default)]
    pub current_password: String,
    /// Of the authenticator app, or a recovery code, where the caller has a second factor.
    #[serde(default)]
    pub code: String,
}

impl From<OwnExport> for TwoFactorProof {
    fn from(proof: OwnExport) -> Self {
        Self {
            current_password: proof.current_password,
            code: proof.code,
        }
    }
}

/// The deletion of an account. It takes effect at once; what is left to erase is erased behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Deletion {
    pub user_id: UserId,
    /// The username that the account has now.
    pub username: String,
    pub messages: MessagesOfDeleted,
    #[serde(with = "crate::timestamp")]
    pub requested_at: OffsetDateTime,
    /// When nothing was left to erase; `null` before.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub finished_at: Option<OffsetDateTime>,
}

/// Rows of a table that name somebody, or have a text of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    pub table: String,
    pub column: String,
    pub rows: i64,
    /// Why they stay; `None` of what must not be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}
