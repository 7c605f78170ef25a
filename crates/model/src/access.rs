//! Access to the server: accounts as administrators see them, passwords, and links that give access.

use crate::{ConversationId, InvitationId, User, UserRole};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Another password for the caller's own account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"currentPassword": "correct horse battery staple", "newPassword": "a tin roof in the rain"})))]
#[serde(rename_all = "camelCase")]
pub struct PasswordChange {
    pub current_password: String,
    pub new_password: String,
    /// Whether all other sessions end, which they do unless this is false.
    #[serde(default = "yes")]
    pub end_other_sessions: bool,
}

/// A password in the place of a forgotten one.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"token": "kYp3…", "password": "a tin roof in the rain"})))]
#[serde(rename_all = "camelCase")]
pub struct PasswordReset {
    /// The secret of the link.
    pub token: String,
    pub password: String,
}

/// A link with which a user chooses a password. It is shown once: the server keeps a hash of the token only.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PasswordResetLink {
    /// The page to open is `/reset/<token>`.
    pub token: String,
    #[serde(with = "crate::timestamp")]
    pub expires_at: OffsetDateTime,
}

/// An account, as administrators see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of the public API"
)]
pub struct UserAccount {
    #[serde(flatten)]
    pub user: User,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub email: Option<String>,
    /// Whether the user can sign in with a password. Users of apps need none.
    pub has_password: bool,
    /// Whether they have an account at a provider of single sign-on, with which they sign in.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub has_identity: bool,
    /// Whether signing in asks for a code, too.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub has_two_factor: bool,
    /// Whether the server demands it of the user, who has not set it up yet.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub owes_two_factor: bool,
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub blocked_at: Option<OffsetDateTime>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
}

/// An account that an administrator makes for somebody, who chooses the password by a link.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"username": "ada", "name": "Ada Lovelace"})))]
#[serde(rename_all = "camelCase")]
pub struct NewUserAccount {
    pub username: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub role: UserRole,
}

/// An account that was made, with the link by which its user chooses the password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedUserAccount {
    pub account: UserAccount,
    pub password_reset: PasswordResetLink,
}

/// A link with which people make accounts, or join conversations with the ones that they have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"note": "New colleagues in May", "maxUses": 5, "hours": 72})))]
#[serde(rename_all = "camelCase")]
pub struct NewInvitation {
    /// What the administrator remembers it by, at most 200 characters.
    #[serde(default)]
    pub note: String,
    /// How many people may use it, 1 to 10,000; 1 when absent.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10000))]
    #[serde(default = "one_use")]
    pub max_uses: i32,
    /// Hours for which it is valid, 1 to 8,760; a week when absent.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 8760))]
    #[serde(default = "a_week")]
    pub hours: i32,
    /// The role of accounts that are made with it.
    #[serde(default)]
    pub role: UserRole,
    /// Groups and channels that whoever uses it becomes a member of, at most 50.
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    #[serde(default)]
    pub conversation_ids: Vec<ConversationId>,
    /// The address that the link is mailed to, on a server that sends mails. Who makes an account with the link and this
    /// address has proved that it is theirs.
    #[serde(default)]
    pub email: Option<String>,
}

const fn one_use() -> i32 {
    1
}

const fn a_week() -> i32 {
    7 * 24
}

impl Default for NewInvitation {
    /// For one person, for a week.
    fn default() -> Self {
        Self {
            note: String::new(),
            max_uses: one_use(),
            hours: a_week(),
            role: UserRole::Member,
            conversation_ids: Vec::new(),
            email: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    pub id: InvitationId,
    pub note: String,
    /// The address that the link was mailed to.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub email: Option<String>,
    /// The name of the administrator; absent for the operator.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub created_by: Option<String>,
    pub uses: i32,
    pub max_uses: i32,
    pub role: UserRole,
    pub conversation_ids: Vec<ConversationId>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    #[serde(with = "crate::timestamp")]
    pub expires_at: OffsetDateTime,
}

/// An invitation that was made. It is shown once: the server keeps a hash of the token only.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedInvitation {
    pub invitation: Invitation,
    /// The page to open is `/invite/<token>`.
    pub token: String,
}

fn yes() -> bool {
    true
}
