//! Reactions: one emoji, once per person.

use crate::{Caller, Chat, Error, Result};
use model::{Event, Message, MessageId};

impl Chat {
    /// Harmless when it is there already; so is the removal of what is not.
    pub async fn add_reaction(
        &self,
        caller: &Caller,
        id: MessageId,
        emoji: &str,
    ) -> Result<Message> {
        check_emoji(emoji)?;
        self.react(caller, id, emoji.to_owned(), true).await
    }

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
        on: bool,
    ) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            change.require_present()?;
            let user_id = change.caller.user_id;
            let query = if on {
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
                return change.abandon().await;
            }
            let seq = change.advance().await?;
            sqlx::query!("update messages set seq = $2 where id = $1", id.0, seq)
                .execute(&mut *change.tx)
                .await?;
            change.tell(&chat, Event::message_updated).await
        })
        .await
    }
}

/// One picture, not a word: emoji are outside ASCII, but for the digits of keycaps.
fn check_emoji(emoji: &str) -> Result<()> {
    let picture = !emoji.is_ascii()
        && !emoji
            .chars()
            .any(|c| c.is_alphabetic() || c.is_whitespace() || c.is_control())
        && emoji.chars().count() <= 32;
    if picture {
        Ok(())
    } else {
        Err(Error::invalid("emoji", "must be one emoji"))
    }
}

#[cfg(test)]
mod tests {
    use super::check_emoji;

    #[test]
    fn knows_an_emoji() {
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
