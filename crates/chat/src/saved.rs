//! Saved messages: a list that each user keeps for themselves.

use crate::{
    Caller, Chat, Delivery, Error, Result,
    messages::{as_message, load_message, messages_by_id},
    page,
};
use model::{Event, MessageId, Page, PageRequest, SavedMessage};
use std::collections::HashMap;

/// Messages that a user can have saved. Beyond it, `Conflict`.
const MAX_SAVED: i64 = 5_000;

impl Chat {
    /// Saves a message of a conversation that the caller may see; one that is saved already stays where it
    /// is in the list. The caller's own devices are told. `Conflict` beyond 5,000 saved messages.
    pub async fn save_message(&self, caller: &Caller, id: MessageId) -> Result<SavedMessage> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_visible(caller, conversation_id)
            .await
            .map_err(as_message)?;
        self.0.limits.told.take_change(caller.user_id, 1)?;
        let mut db = self.0.db.acquire().await?;
        let row = sqlx::query!(
            r#"with saved as (
                insert into saved_messages (user_id, message_id)
                select $1, $2
                where (select count(*) from saved_messages where user_id = $1) < $3
                on conflict do nothing returning saved_at
            )
            select saved_at as "saved_at!", true as "is_new!" from saved
            union all
            select saved_at, false from saved_messages where user_id = $1 and message_id = $2"#,
            caller.user_id.0,
            id.0,
            MAX_SAVED
        )
        .fetch_optional(&mut *db)
        .await?
        .ok_or(Error::Conflict(
            "Nobody can have more than 5000 saved messages.",
        ))?;
        let saved = SavedMessage {
            message: load_message(&mut db, id).await?,
            saved_at: row.saved_at,
        };
        if row.is_new {
            self.publish_saved(caller, id, Some(saved.clone()));
        }
        Ok(saved)
    }

    /// Takes a message off the caller's list; nothing if it is not on it.
    pub async fn unsave_message(&self, caller: &Caller, id: MessageId) -> Result<()> {
        let removed = sqlx::query!(
            "delete from saved_messages where user_id = $1 and message_id = $2",
            caller.user_id.0,
            id.0
        )
        .execute(&self.0.db)
        .await?;
        if removed.rows_affected() > 0 {
            self.publish_saved(caller, id, None);
        }
        Ok(())
    }

    /// The caller's saved messages, the one that was saved last first. A deleted one comes as its
    /// tombstone; one of a conversation that the caller may not see any more is left out.
    pub async fn saved_messages(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<SavedMessage>> {
        let limit = page::limit(page.limit)?;
        let [before] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX]);
        let mut db = self.0.db.acquire().await?;
        let rows = sqlx::query!(
            "select s.id, s.message_id, s.saved_at from saved_messages s
            join messages m on m.id = s.message_id
            where s.user_id = $1 and s.id < $2 and exists (
                select from visible_conversations v
                where v.conversation_id = m.conversation_id and v.user_id = $1
            )
            order by s.id desc limit $3",
            caller.user_id.0,
            before,
            limit + 1
        )
        .fetch_all(&mut *db)
        .await?;
        let page = page::cut(rows, limit, |row| row.id.to_string());
        let ids: Vec<_> = page.items.iter().map(|row| row.message_id).collect();
        let messages = messages_by_id(&mut db, &ids).await?.into_iter();
        let mut messages: HashMap<_, _> = messages.map(|it| (it.id.0, it)).collect();
        let items = page.items.into_iter().filter_map(|row| {
            Some(SavedMessage {
                message: messages.remove(&row.message_id)?,
                saved_at: row.saved_at,
            })
        });
        Ok(Page {
            items: items.collect(),
            next_cursor: page.next_cursor,
        })
    }

    fn publish_saved(&self, caller: &Caller, message_id: MessageId, saved: Option<SavedMessage>) {
        let event = Event::SavedChanged { message_id, saved };
        self.0.bus.publish(Delivery::to_user(caller.user_id, event));
    }
}
