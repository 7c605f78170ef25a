//! Sending with a webhook, by whoever has its address.

use super::bot_caller;
use crate::{Caller, Chat, Error, Result, accounts::secrets::hash_secret};
use model::{ConversationId, NewMessage, Sent, UserId, WebhookId};

/// Bytes of the longest secret.
const MAX_SECRET: usize = 64;

/// Characters of a message (`messages_body_length`).
const MAX_BODY: usize = 10_000;

/// After what was cut.
const CUT: char = '…';

/// A webhook whose address somebody has.
#[derive(Clone, Copy, Debug)]
pub struct OpenWebhook {
    bot: Caller,
    conversation_id: ConversationId,
    may_mention_many: bool,
}

impl Chat {
    /// The webhook of an address.
    ///
    /// # Errors
    /// `NotFound` alike for one that never was, for one that was removed, for a wrong secret, and where its bot is blocked.
    pub async fn open_webhook(&self, id: WebhookId, secret: &str) -> Result<OpenWebhook> {
        const UNKNOWN: Error = Error::NotFound("webhook");
        if secret.len() > MAX_SECRET {
            return Err(UNKNOWN);
        }
        let row = sqlx::query!(
            r#"select w.bot_id, w.conversation_id, w.may_mention_many,
                coalesce(w.last_used_at < now() - interval '1 minute', true) as "is_stale!"
            from webhooks w join users u on u.id = w.bot_id
            where w.id = $1 and w.secret_hash = $2 and u.blocked_at is null"#,
            id.0,
            &hash_secret(secret)[..]
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(UNKNOWN)?;
        if row.is_stale {
            sqlx::query!(
                "update webhooks set last_used_at = now()
                where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')",
                id.0
            )
            .execute(&self.0.db)
            .await?;
        }
        Ok(OpenWebhook {
            bot: bot_caller(UserId(row.bot_id)),
            conversation_id: ConversationId(row.conversation_id),
            may_mention_many: row.may_mention_many,
        })
    }

    /// Sends as the bot of the webhook. A body that is too long is cut. A second call with the same `key` returns what the
    /// first has sent.
    ///
    /// # Errors
    /// Those of `send_message`; `NotFound` where the bot was removed from the conversation.
    pub async fn send_by_webhook(
        &self,
        webhook: &OpenWebhook,
        body: &str,
        key: Option<String>,
    ) -> Result<Sent> {
        let new = NewMessage {
            body: shortened(body),
            client_id: key,
            ..NewMessage::default()
        };
        let (bot, id) = (&webhook.bot, webhook.conversation_id);
        if webhook.may_mention_many {
            self.send_message(bot, id, new).await
        } else {
            self.send_without_wildcards(bot, id, new).await
        }
    }
}

fn shortened(body: &str) -> String {
    match body.char_indices().nth(MAX_BODY) {
        None => body.to_owned(),
        Some(_) => body.chars().take(MAX_BODY - 1).chain([CUT]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BODY, shortened};

    #[test]
    fn a_body_that_is_too_long_is_cut() {
        let fits = "ä".repeat(MAX_BODY);
        assert_eq!(shortened(&fits), fits);
        let cut = shortened(&format!("{fits}b"));
        assert_eq!(cut.chars().count(), MAX_BODY);
        assert!(cut.ends_with("ä…"));
    }
}
