//! The roles of members as the column `members.role` spells them.

use model::MemberRole;

pub(crate) fn role_text(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Owner => "owner",
        MemberRole::Admin => "admin",
        MemberRole::Member => "member",
    }
}

/// The role that the column holds; `Member` for a value that this version does not know.
pub(crate) fn parse_role(text: &str) -> MemberRole {
    match text {
        "owner" => MemberRole::Owner,
        "admin" => MemberRole::Admin,
        _ => MemberRole::Member,
    }
}
