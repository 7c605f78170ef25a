//! The roles of users as the column `users.role` spells them.

use model::UserRole;

/// The role that the column holds; `Member` for a value that this version does not know.
pub(crate) fn parse_user_role(text: &str) -> UserRole {
    if text == "admin" {
        UserRole::Admin
    } else {
        UserRole::Member
    }
}

/// The column `role`.
pub fn role_text(role: UserRole) -> &'static str {
    match role {
        UserRole::Admin => "admin",
        UserRole::Member => "member",
    }
}
