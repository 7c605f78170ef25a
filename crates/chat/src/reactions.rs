//! Reactions: emoji on messages, each at most once per user and message.

use crate::{Caller, Chat, Result, text};
use model::{Event, Message, MessageId};

impl Chat {
    /// Idempotent: returns the message as it is when the caller has reacted so already, in whichever
    /// spelling of the emoji.
    /// `Invalid` when the text is not one emoji, `Conflict` on a deleted message.
    pub async fn add_reaction(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: &str,
    ) -> Result<Message> {
        let emoji = text::reaction(emoji)?;
        self.react(caller, id, vec![emoji.to_owned()], true).await
    }

    /// Idempotent: returns the message as it is when there is no such reaction of the caller.
    pub async fn remove_reaction(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: &str,
    ) -> Result<Message> {
        let mut spellings = vec![emoji.to_owned()];
        // An imported reaction may be a word.
        spellings.extend(text::reaction(emoji).map(str::to_owned));
        self.react(caller, id, spellings, false).await
    }

    async fn react(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: Vec<String>,
        add: bool,
    ) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            change.require_not_deleted()?;
            let user_id = change.caller.user_id;
            let query = if add {
                sqlx::query!(
                    "insert into reactions (message_id, emoji, user_id)
                    select $1, emoji, $3 from unnest($2::text[]) emoji on conflict do nothing",
                    id.0,
                    &emoji,
                    user_id.0
                )
            } else {
                sqlx::query!(
                    "delete from reactions where message_id = $1 and emoji = any($2) and user_id = $3",
                    id.0,
                    &emoji,
                    user_id.0
                )
            };
            if query.execute(&mut *change.tx).await?.rows_affected() == 0 {
                return change.unchanged().await;
            }
            change.touch().await?;
            change
                .commit_and_publish(&chat, Event::message_updated)
                .await
        })
        .await
    }
}
