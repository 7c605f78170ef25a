//! The two locks of a conversation: this node's, and the row lock in Postgres.

use super::kind::parse_kind;
use crate::{Caller, Chat, Error, Result, members::parse_role};
use model::{ConversationId, ConversationKind, MemberRole};
use sqlx::PgConnection;

/// Why somebody may not write in the announcements.
pub(crate) const ONLY_ADMINISTRATORS: &str = "Only administrators write announcements.";

/// A conversation whose row is locked, and the role of the caller in it.
pub(crate) struct LockedRow {
    pub kind: ConversationKind,
    pub seq: i64,
    /// The people whom a change of the conversation is told to; 0 of the announcements.
    pub member_count: i64,
    pub role: MemberRole,
}

impl LockedRow {
    /// Whether the caller may delete and end what others have said. A direct conversation belongs to both, whoever began
    /// it.
    pub fn is_moderated(&self) -> bool {
        self.kind != ConversationKind::Direct && self.role >= MemberRole::Admin
    }

    /// Refuses to change who belongs to a conversation whose members are fixed.
    pub fn require_variable_members(&self) -> Result<()> {
        match self.kind {
            ConversationKind::Direct => Err(Error::Forbidden(
                "A direct conversation is between its two people.",
            )),
            ConversationKind::Announcements => {
                Err(Error::Forbidden("Everybody belongs to the announcements."))
            }
            ConversationKind::Group | ConversationKind::Channel => Ok(()),
        }
    }

    /// Refuses those who may only read. `send_messages` refuses their messages.
    pub fn require_writer(&self) -> Result<()> {
        if self.kind == ConversationKind::Announcements && self.role < MemberRole::Admin {
            return Err(Error::Forbidden(ONLY_ADMINISTRATORS));
        }
        Ok(())
    }
}

impl Chat {
    /// Runs `work` under the lock of the conversation on this node, in a task of its own: to its
    /// end, even when the caller is dropped. See `conversation_lock`.
    pub(crate) async fn with_conversation_lock<T, F>(
        &self,
        id: ConversationId,
        caller: &Caller,
        work: impl FnOnce(Self, Caller) -> F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.0
            .conversation_locks
            .run_locked(id, work(self.clone(), *caller))
            .await
    }
}

/// Locks the row under which `position` and `seq` advance. Members only: `Forbidden` in a public
/// channel that the caller has not joined, else `NotFound`. `for no key update` does not block
/// inserts that only reference the conversation, such as read marks.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    caller: &Caller,
    id: ConversationId,
) -> Result<LockedRow> {
    let row = sqlx::query!(
        r#"select c.kind, c.private, c.seq, c.member_count, m.role as "role?"
        from conversations c
        left join memberships m on m.conversation_id = c.id and m.user_id = $2 and m.left_at is null
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
    let mut role = parse_role(&role);
    // Their role there is that of the whole server.
    if id == ConversationId::ANNOUNCEMENTS && !caller.may_administer() {
        role = MemberRole::Member;
    }
    Ok(LockedRow {
        kind: parse_kind(&row.kind),
        seq: row.seq,
        member_count: row.member_count,
        role,
    })
}

/// The same for what the server does in the place of somebody who is no member any more: no access is checked.
pub(crate) async fn lock_for_server(
    tx: &mut PgConnection,
    id: ConversationId,
) -> Result<LockedRow> {
    let row = sqlx::query!(
        "select kind, seq, member_count from conversations where id = $1 for no key update",
        id.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound("conversation"))?;
    Ok(LockedRow {
        kind: parse_kind(&row.kind),
        seq: row.seq,
        member_count: row.member_count,
        role: MemberRole::Member,
    })
}
