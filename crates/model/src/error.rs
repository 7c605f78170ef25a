//! Errors of the public API: problem details (RFC 9457) with an error code.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    Unauthenticated,
    /// The password was right, and a code of the second factor is asked for.
    TwoFactorRequired,
    /// The caller has to set a second factor up before anything else.
    TwoFactorSetupRequired,
    /// The account waits for the proof of its e-mail address: a link that was mailed there.
    EmailUnconfirmed,
    Forbidden,
    /// Also for what exists but the caller may not see.
    NotFound,
    Invalid,
    Conflict,
    TooManyRequests,
    /// A file, or what a user has of them, would be larger than this server takes.
    TooLarge,
    /// There is no room for more files.
    StorageFull,
    Unavailable,
    Internal,
}

impl ErrorCode {
    /// The HTTP status of this code.
    pub const fn status(self) -> u16 {
        match self {
            Self::Unauthenticated | Self::TwoFactorRequired => 401,
            Self::Forbidden | Self::EmailUnconfirmed | Self::TwoFactorSetupRequired => 403,
            Self::NotFound => 404,
            Self::Invalid => 422,
            Self::Conflict => 409,
            Self::TooManyRequests => 429,
            Self::TooLarge => 413,
            Self::StorageFull => 507,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// The `title` of RFC 9457: a short text that is the same for all problems of this code.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Not signed in",
            Self::TwoFactorRequired => "Code required",
            Self::TwoFactorSetupRequired => "Two-factor authentication required",
            Self::EmailUnconfirmed => "E-mail address to be confirmed",
            Self::Forbidden => "Not allowed",
            Self::NotFound => "Not found",
            Self::Invalid => "Invalid input",
            Self::Conflict => "Conflict",
            Self::TooManyRequests => "Too many requests",
            Self::TooLarge => "Too large",
            Self::StorageFull => "No room",
            Self::Unavailable => "Unavailable",
            Self::Internal => "Internal error",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    pub field: String,
    pub reason: String,
}

/// The body of an `application/problem+json` response (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub code: ErrorCode,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}
