//! E-mail addresses of accounts, and whether mail to them reaches their users.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Asks for a mail with a link to choose another password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"login": "ada@example.org"})))]
pub struct PasswordResetRequest {
    /// Username or e-mail address.
    pub login: String,
}

/// What the server knows of the caller's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EmailState {
    #[cfg_attr(feature = "openapi", schema(required))]
    pub email: Option<String>,
    /// Since when it is proved that mail to it reaches the user; `null` while it is not.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub verified_at: Option<OffsetDateTime>,
    /// The address that takes the place of `email` once it is proved.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub pending_email: Option<String>,
    /// Whether the user gets a mail after a sign-in from a new device.
    pub sign_in_notes: bool,
    /// Whether the server sends mails at all.
    pub sends_emails: bool,
    /// Whether a change asks for the password.
    pub has_password: bool,
}

/// Another address for the caller's own account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"email": "ada@example.org", "currentPassword": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase")]
pub struct EmailChange {
    /// The empty string removes it.
    pub email: String,
    /// Absent for users of apps, who have none.
    #[serde(default)]
    pub current_password: String,
    /// Of the authenticator app, or a recovery code, where the account has two-factor authentication.
    #[serde(default)]
    pub code: String,
}

/// The secret of a link that was mailed to an address.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"token": "kYp3…"})))]
pub struct EmailToken {
    pub token: String,
}

/// An address, and the account whose address it is by this proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmailProof {
    pub username: String,
    pub email: String,
}
