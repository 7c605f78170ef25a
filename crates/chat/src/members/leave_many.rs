//! Leaving many groups and channels at once, and listing those to choose from.

use crate::{Caller, Chat, Error, Result, conversations::parse_kind, page};
use model::{ConversationId, ConversationKind, Page, PageRequest};
use time::OffsetDateTime;

/// Conversations that one request may leave.
pub(crate) const MAX_LEFT_PER_REQUEST: usize = 100;

/// A group or channel that somebody else has created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedConversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub title: String,
    pub member_count: i64,
    /// The name of its creator, whose account may be gone.
    pub created_by: Option<String>,
    pub joined_at: OffsetDateTime,
}

impl Chat {
    /// The groups and channels of the caller that somebody else has created, the one that the caller became a
    /// member of last first.
    pub async fn joined_conversations(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<JoinedConversation>> {
        let limit = page::limit(page.limit)?;
        let [before, before_id] =
            page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX, i64::MAX]);
        let rows = sqlx::query!(
            r#"select id, kind, title as "title!", member_count, created_by as "created_by?", joined_at, at as "at!"
            from (
                select c.id, c.kind, c.title, c.member_count, creator.name as created_by, m.joined_at,
                    (extract(epoch from m.joined_at) * 1000000)::bigint as at
                from members m join conversations c on c.id = m.conversation_id
                left join users creator on creator.id = c.created_by
                where m.user_id = $1 and m.left_at is null and c.kind in ('group', 'channel')
                    and c.created_by is distinct from $1
            ) joined where (at, id) < ($2, $3)
            order by at desc, id desc limit $4"#,
            caller.user_id.0,
            before,
            before_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let rows = page::cut(rows, limit, |row| format!("{}.{}", row.at, row.id));
        let items = rows.items.into_iter().map(|row| JoinedConversation {
            id: ConversationId(row.id),
            kind: parse_kind(&row.kind),
            title: row.title,
            member_count: row.member_count,
            created_by: row.created_by,
            joined_at: row.joined_at,
        });
        Ok(Page {
            items: items.collect(),
            next_cursor: rows.next_cursor,
        })
    }

    /// Leaves 1 to 100 groups and channels, each as `leave_conversation` does. Returns those that were left: not
    /// those of which the caller was no member, nor direct conversations and the announcements. After an error
    /// the same request leaves the rest.
    pub async fn leave_conversations(
        &self,
        caller: &Caller,
        ids: &[ConversationId],
    ) -> Result<Vec<ConversationId>> {
        if ids.is_empty() || ids.len() > MAX_LEFT_PER_REQUEST {
            return Err(Error::invalid("ids", "must be 1 to 100"));
        }
        let mut left = Vec::new();
        // Each is a change of its own conversation, under its own lock and `seq`.
        for id in ids {
            match self.leave_conversation(caller, *id).await {
                Ok(()) => left.push(*id),
                Err(Error::NotFound(_) | Error::Forbidden(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(left)
    }
}
