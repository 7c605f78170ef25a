//! To whom a user's presence is shown.

use crate::error::Result;
use model::{ConversationId, UserId};
use sqlx::PgPool;
use std::collections::HashMap;

/// In conversations with more members presence is neither shown nor broadcast.
pub const MAX_MEMBERS_WITH_PRESENCE: i64 = 200;

/// To whom the presence of all users is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PresenceAudience {
    /// Those with whom a user shares a conversation of at most `MAX_MEMBERS_WITH_PRESENCE` members.
    #[default]
    Contacts,
    Everyone,
}

/// The conversations in which the presence of one user is shown.
#[derive(Default)]
pub struct UserAudience {
    pub conversations: Vec<ConversationId>,
    /// The sum of their members.
    pub members: i64,
}

/// The audience of each user, empty for one who is in no conversation. The user's own devices are
/// part of it.
pub async fn audiences(
    db: &PgPool,
    user_ids: impl Iterator<Item = UserId>,
) -> Result<HashMap<UserId, UserAudience>> {
    let ids: Vec<_> = user_ids.map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select m.user_id, m.conversation_id, c.member_count
            from members m join conversations c on c.id = m.conversation_id
            where m.user_id = any($1) and m.left_at is null and c.member_count <= $2",
        &ids,
        MAX_MEMBERS_WITH_PRESENCE
    )
    .fetch_all(db)
    .await?;
    let mut audiences: HashMap<_, _> = ids
        .iter()
        .map(|id| (UserId(*id), UserAudience::default()))
        .collect();
    for row in rows {
        let audience = audiences.entry(UserId(row.user_id)).or_default();
        audience
            .conversations
            .push(ConversationId(row.conversation_id));
        audience.members += row.member_count;
    }
    Ok(audiences)
}
