//! The row lock of a conversation, under which it changes.

use super::{kind, role_of};
use crate::{Caller, Error, Result};
use model::{ConversationId, ConversationKind, MemberRole};
use sqlx::PgConnection;

/// A conversation under its row lock, as one of its members finds it.
pub(crate) struct Locked {
    pub kind: ConversationKind,
    pub seq: i64,
    pub role: MemberRole,
}

/// Takes the lock under which position and sequence move. Members only. It lets pass whoever only
/// refers to the conversation, as a read mark does.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    caller: &Caller,
    id: ConversationId,
) -> Result<Locked> {
    let row = sqlx::query!(
        r#"select c.kind, c.private, c.seq, m.role as "role?"
        from conversations c
        left join members m on m.conversation_id = c.id and m.user_id = $2 and m.left_at is null
        where c.id = $1 for no key update of c"#,
        id.0,
        caller.user_id.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound("conversation"))?;
    let Some(role) = row.role else {
        return Err(if row.private {
            Error::NotFound("conversation")
        } else {
            Error::Forbidden("Join the channel first.")
        });
    };
    Ok(Locked {
        kind: kind(&row.kind),
        seq: row.seq,
        role: role_of(&role),
    })
}
