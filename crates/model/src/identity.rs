//! Identities: who a user is at a provider of single sign-on.

use crate::{IdentityId, TwoFactorProof};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// An account at a provider, with which the caller signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    pub id: IdentityId,
    /// What people call the provider.
    pub provider: String,
    /// What the provider calls the account: an e-mail address, as a rule.
    pub name: String,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    /// The latest sign-in with it; `null` before the first.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub used_at: Option<OffsetDateTime>,
}

/// What linking and unlinking an identity asks for.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"currentPassword": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase", default)]
pub struct IdentityProof {
    /// Empty for an account without a password: then the session must not be older than 10 minutes.
    pub current_password: String,
    /// Of the authenticator app, or a recovery code, where the account has two-factor authentication.
    pub code: String,
}

impl From<IdentityProof> for TwoFactorProof {
    fn from(proof: IdentityProof) -> Self {
        Self {
            current_password: proof.current_password,
            code: proof.code,
        }
    }
}
