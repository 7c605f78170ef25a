//! Announcements: messages of administrators to everybody, in the conversation
//! `ConversationId::ANNOUNCEMENTS`. Everybody belongs to it without a row in `members`; the view
//! `memberships` has that rule.

use crate::{Caller, Chat, Error, Result, page};
use model::{
    Announcement, AnnouncementId, ConversationId, MessageId, NewAnnouncement, NewMessage, Page,
    PageRequest, UserId,
};
use sqlx::types::Json;

/// Announcements that a user who was away gets, the newest.
const MAX_MISSED: i64 = 50;

impl Chat {
    /// Announces to everybody but the caller. A retry with the same `clientId` returns the first
    /// result.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an administrator; `Conflict` when the `clientId` was used
    /// for another announcement.
    pub async fn announce(&self, caller: &Caller, new: NewAnnouncement) -> Result<Announcement> {
        caller.require_admin()?;
        let new = NewMessage {
            body: new.body,
            kind: new.kind,
            client_id: new.client_id,
            ..NewMessage::default()
        };
        let sent = self
            .send_message(caller, ConversationId::ANNOUNCEMENTS, new)
            .await
            .map_err(|error| match error {
                Error::Conflict(_) => {
                    Error::Conflict("This clientId was used for another announcement.")
                }
                other => other,
            })?;
        self.announcement(sent.message.id).await
    }

    /// The announcement that is this message. `NotFound` for a message of another conversation.
    /// Checks no membership, as everybody may see it.
    pub async fn announcement(&self, id: MessageId) -> Result<Announcement> {
        let found = sqlx::query_scalar!(
            r#"select json as "json!: Json<Announcement>" from announcement_json where id = $1"#,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        let Json(announcement) = found.ok_or(Error::NotFound("announcement"))?;
        Ok(announcement)
    }

    /// All announcements, the newest first, without deleted ones.
    pub async fn announcements(
        &self,
        _caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<Announcement>> {
        let limit = page::limit(page.limit)?;
        let [before] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX]);
        let rows = sqlx::query!(
            r#"select position as "position!", json as "json!: Json<Announcement>"
            from announcement_json
            where conversation_id = $1 and position < $2 and deleted_at is null
            order by position desc limit $3"#,
            ConversationId::ANNOUNCEMENTS.0,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let rows = page::cut(rows, limit, |row| row.position.to_string());
        Ok(Page {
            items: rows.items.into_iter().map(|row| row.json.0).collect(),
            next_cursor: rows.next_cursor,
        })
    }

    /// The number of announcements that the caller has not read.
    pub async fn unread_announcements(&self, caller: &Caller) -> Result<i64> {
        let unread = sqlx::query_scalar!(
            r#"select unread + unread_in_threads as "unread!" from unread_memberships
            where user_id = $1 and conversation_id = $2"#,
            caller.user_id.0,
            ConversationId::ANNOUNCEMENTS.0
        )
        .fetch_optional(&self.0.db)
        .await?;
        Ok(unread.unwrap_or(0))
    }

    /// The newest 50 announcements that no socket of the caller has received, oldest first.
    ///
    /// What one device on this node has received counts for the user's others. What a device on
    /// another node has received counts once that device has disconnected.
    pub async fn missed_announcements(&self, caller: &Caller) -> Result<Vec<Announcement>> {
        let missed = sqlx::query_scalar!(
            r#"select json as "json!: Json<Announcement>" from announcement_json
            where conversation_id = $1 and deleted_at is null and position > greatest(
                $2, (select announcements_delivered from users where id = $3)
            )
            order by position desc limit $4"#,
            ConversationId::ANNOUNCEMENTS.0,
            self.0.presence.heard(caller.user_id),
            caller.user_id.0,
            MAX_MISSED
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(missed.into_iter().rev().map(|Json(it)| it).collect())
    }

    /// Marks all announcements up to this one as received by the user.
    pub async fn mark_announced(&self, user_id: UserId, id: AnnouncementId) -> Result<()> {
        sqlx::query!(
            "update users set announcements_delivered = m.position from messages m
            where users.id = $1 and m.id = $2 and m.conversation_id = $3
                and users.announcements_delivered < m.position",
            user_id.0,
            id.0,
            ConversationId::ANNOUNCEMENTS.0
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }
}
