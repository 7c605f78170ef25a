//! Sending with a webhook, by whoever has its address.

use super::bot_caller;
use crate::{
    Caller, Chat, Error, Result, accounts::secrets::hash_secret, messages::validation::MAX_BODY,
};
use model::{ConversationId, NewMessage, Sent, UserId, WebhookId};

/// Bytes of the longest secret.
const MAX_SECRET: usize = 64;

/// After what was cut.
const CUT: char = '…';

/// A webhook whose address somebody has.
#[derive(Clone, Copy, Debug)]
pub struct OpenWebhook {
    bot: Caller,
    /// Who has made it, in whose name all of theirs are limited together; the bot, where that account is gone.
    maker: UserId,
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
            r#"select w.bot_id, w.created_by, w.conversation_id, w.may_mention_many,
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
            maker: UserId(row.created_by.unwrap_or(row.bot_id)),
            conversation_id: ConversationId(row.conversation_id),
            may_mention_many: row.may_mention_many,
        })
    }

    /// Counts a request, before its payload is read.
    ///
    /// # Errors
    /// `TooManyRequests` when its bot, or all webhooks of whoever has made it, have sent too much.
    pub fn count_webhook_request(&self, webhook: &OpenWebhook) -> Result<()> {
        let limits = &self.0.limits;
        limits.require_message(webhook.bot.user_id)?;
        limits.webhooks.require_change(webhook.maker)
    }

    /// Sends as the bot of the webhook. A body that is too long is cut. A second call with the same `key` returns what the
    /// first has sent.
    ///
    /// # Errors
    /// Those of `send_message`; `TooManyRequests` also when all webhooks of whoever has made it have told too many bytes;
    /// `NotFound` where the bot was removed from the conversation.
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
        // The bytes of the body alone: the limit of the bot counts the rest.
        let limit = &self.0.limits.webhooks;
        let taken = limit.take_message(webhook.maker, || new.body.len())?;
        let sent = if webhook.may_mention_many {
            self.send_message(bot, id, new).await?
        } else {
            self.send_without_wildcards(bot, id, new).await?
        };
        if !sent.deduplicated {
            // A failure here is none of the send, which has been written.
            let people = self.audience_size(id).await.unwrap_or_default();
            let bytes = || sent.message.body.len();
            limit.charge_message(webhook.maker, people, bytes, taken);
        }
        Ok(sent)
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
