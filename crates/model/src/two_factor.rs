//! Two-factor authentication: an authenticator app beside the password, and recovery codes.

use crate::{Problem, RememberedDeviceId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The caller's second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TwoFactor {
    /// Since when a sign-in asks for a code; `null` while it does not.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub enabled_at: Option<OffsetDateTime>,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i64,
    /// When an administrator has taken the second factor away; `null` once there is another one.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub reset_at: Option<OffsetDateTime>,
    /// Whether the caller has to have one.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub required: bool,
}

/// A browser or program in which signing in asks the caller for no code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RememberedDevice {
    pub id: RememberedDeviceId,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub user_agent: Option<String>,
    /// Where the code was shown.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub address: Option<String>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    #[serde(with = "crate::timestamp")]
    pub last_used_at: OffsetDateTime,
    #[serde(with = "crate::timestamp")]
    pub expires_at: OffsetDateTime,
}

/// The caller's password, with which a second factor begins.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"currentPassword": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase")]
pub struct NewTwoFactor {
    pub current_password: String,
}

/// A secret for an authenticator app. Nothing asks for codes before one of it was sent.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TwoFactorSetup {
    /// In base32 (RFC 4648), for typing.
    pub secret: String,
    /// The same as `otpauth://totp/…`, for a QR code.
    pub uri: String,
    #[serde(with = "crate::timestamp")]
    pub expires_at: OffsetDateTime,
}

/// A code of the authenticator app, by which the second factor is turned on.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"code": "492039"})))]
pub struct TwoFactorCode {
    pub code: String,
}

/// What a change of a second factor asks for.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"currentPassword": "correct horse battery staple", "code": "492039"})))]
#[serde(rename_all = "camelCase")]
pub struct TwoFactorProof {
    pub current_password: String,
    /// Of the authenticator app, or a recovery code.
    pub code: String,
}

/// Recovery codes, each of which stands in for the authenticator app once. They are shown this one time: the server
/// keeps hashes only.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<String>,
}

/// The second request of a sign-in.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"ticket": "kYp3…", "code": "492039"})))]
pub struct TwoFactorLogin {
    /// That of the answer to the password.
    pub ticket: String,
    /// Of the authenticator app, or a recovery code.
    pub code: String,
}

/// The refusal of a sign-in. With the code `two_factor_required` the password was right, and a code is asked for.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInProblem {
    #[serde(flatten)]
    pub problem: Problem,
    /// Goes with the code to `POST /auth/two-factor`, once, within 5 minutes. With `two_factor_required` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}
