//! The users: Ada, who uses the store, Grace, and Linus, who joins and leaves.

use model::{Member, MemberRole, PresenceStatus, Sender, User, UserId, UserRole};
use time::{OffsetDateTime, macros::datetime};

pub const ADA: UserId = UserId(1);
pub const GRACE: UserId = UserId(2);
pub const LINUS: UserId = UserId(3);

/// When the group was created.
pub const START: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);

fn name_of(id: UserId) -> &'static str {
    match id {
        ADA => "Ada",
        GRACE => "Grace",
        _ => "Linus",
    }
}

pub fn user(id: UserId) -> User {
    User {
        id,
        username: name_of(id).to_lowercase(),
        name: name_of(id).to_owned(),
        avatar_url: None,
        role: UserRole::Member,
        presence: PresenceStatus::Offline,
        last_seen_at: None,
        bot: false,
    }
}

pub fn sender_of(id: UserId) -> Sender {
    let user = user(id);
    Sender {
        id,
        username: user.username,
        name: user.name,
        avatar_url: None,
        bot: false,
    }
}

pub fn member(id: UserId) -> Member {
    Member {
        user: user(id),
        role: if id == ADA {
            MemberRole::Owner
        } else {
            MemberRole::Member
        },
        read_position: 0,
        delivered_position: 0,
        joined_at: START,
    }
}
