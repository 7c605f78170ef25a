//! Reactions: emoji on messages, each at most once per user and message.

use crate::{Caller, Chat, Error, Result};
use model::{Event, Message, MessageId};

impl Chat {
    /// Idempotent: returns the message as it is when the caller has reacted so already.
    /// `Invalid` when the text is not one emoji, `Conflict` on a deleted message.
    pub async fn add_reaction(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: &str,
    ) -> Result<Message> {
        check_emoji(emoji)?;
        self.react(caller, id, emoji.to_owned(), true).await
    }

    /// Idempotent: returns the message as it is when there is no such reaction of the caller.
    pub async fn remove_reaction(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: &str,
    ) -> Result<Message> {
        self.react(caller, id, emoji.to_owned(), false).await
    }

    async fn react(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: String,
        add: bool,
    ) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            change.require_not_deleted()?;
            let user_id = change.caller.user_id;
            let query = if add {
                sqlx::query!(
                    "insert into reactions (message_id, emoji, user_id) values ($1, $2, $3)
                    on conflict do nothing",
                    id.0,
                    emoji,
                    user_id.0
                )
            } else {
                sqlx::query!(
                    "delete from reactions where message_id = $1 and emoji = $2 and user_id = $3",
                    id.0,
                    emoji,
                    user_id.0
                )
            };
            if query.execute(&mut *change.tx).await?.rows_affected() == 0 {
                return change.unchanged().await;
            }
            let seq = change.next_seq().await?;
            sqlx::query!("update messages set seq = $2 where id = $1", id.0, seq)
                .execute(&mut *change.tx)
                .await?;
            change
                .commit_and_publish(&chat, Event::message_updated)
                .await
        })
        .await
    }
}

/// Accepts up to 32 characters without letters, white space and control characters, of which one
/// at least is outside ASCII: a keycap emoji such as 1️⃣ begins with an ASCII digit.
fn check_emoji(emoji: &str) -> Result<()> {
    let is_emoji = !emoji.is_ascii()
        && !emoji
            .chars()
            .any(|c| c.is_alphabetic() || c.is_whitespace() || c.is_control())
        && emoji.chars().count() <= 32;
    if is_emoji {
        Ok(())
    } else {
        Err(Error::invalid("emoji", "must be one emoji"))
    }
}

#[cfg(test)]
mod tests {
    use super::check_emoji;

    #[test]
    fn accepts_single_emoji_only() {
        for good in ["👍", "❤️", "👩‍👩‍👧‍👦", "1️⃣", "🇩🇪", "✅"] {
            assert!(check_emoji(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "+1",
            "ok",
            "Ж",
            "👍 👍",
            "\u{0}👍",
            &"👍".repeat(33),
        ] {
            assert!(check_emoji(bad).is_err(), "{bad:?}");
        }
    }
}
