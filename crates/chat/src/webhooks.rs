//! Incoming webhooks: made, listed and removed by the owners and admins of a conversation. Each sends as a bot of its own,
//! which is a member.

mod send;

pub use send::OpenWebhook;

use crate::{
    Caller, Chat, Error, Result,
    accounts::{new_account::NewAccount, secrets::new_secret},
    audit::NewEntry,
    bots::insert_bot,
    conversations::{lock, parse_kind},
    grant::Grant,
    members::{Consent, parse_role},
    text,
};
use model::{
    AuditAction, ConversationId, CreatedWebhook, MemberRole, NewMembers, NewWebhook, User, UserId,
    UserRole, Webhook, WebhookId,
};
use sqlx::types::Json;

/// Webhooks of one conversation.
const MAX_WEBHOOKS: i64 = 50;

/// Webhooks that one person has made, in all conversations.
const MAX_WEBHOOKS_OF_PERSON: i64 = 200;

const ONLY_ADMINS: &str = "Only owners and admins have webhooks.";

impl Chat {
    /// Makes a webhook of a group or a channel. Owners and admins only, and no token for programs: an address outlives
    /// it.
    ///
    /// # Errors
    /// `Conflict` with too many webhooks of the conversation or of the caller; `Forbidden` in conversations whose
    /// members are fixed.
    pub async fn create_webhook(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewWebhook,
    ) -> Result<CreatedWebhook> {
        caller.require_person()?;
        let name = text::name(&new.name)?;
        self.require_webhook_admin(caller, id).await?;
        self.0.limits.told.require_change(caller.user_id)?;
        let (secret, hash) = new_secret();
        let (webhook_id, bot_id) = self
            .insert_webhook(caller, id, &name, new.may_mention_many, &hash)
            .await?;
        let members = NewMembers {
            user_ids: vec![bot_id],
            role: MemberRole::Member,
        };
        if let Err(refusal) = self.add(caller, id, members, Consent::Given).await {
            // Nobody has its address yet.
            if let Err(error) = self.remove_webhook(caller, id, webhook_id).await {
                tracing::warn!(webhook = %webhook_id, %error, "a webhook without its bot stays");
            }
            return Err(refusal);
        }
        tracing::info!(webhook = %webhook_id, conversation = %id, by = %caller.user_id, "a webhook was made");
        let webhooks = self.load_webhooks(id).await?;
        let webhook = webhooks.into_iter().find(|it| it.id == webhook_id);
        Ok(CreatedWebhook {
            webhook: webhook.ok_or(Error::NotFound("webhook"))?,
            path: format!("/hooks/{webhook_id}/{secret}"),
        })
    }

    /// All webhooks of a conversation, the oldest first. Owners and admins only.
    pub async fn webhooks(&self, caller: &Caller, id: ConversationId) -> Result<Vec<Webhook>> {
        caller.require_person()?;
        self.require_webhook_admin(caller, id).await?;
        self.load_webhooks(id).await
    }

    /// Removes a webhook. Its address is refused from now on, its bot leaves the conversation and is blocked. Owners and
    /// admins only.
    pub async fn delete_webhook(
        &self,
        caller: &Caller,
        conversation_id: ConversationId,
        id: WebhookId,
    ) -> Result<()> {
        caller.require_person()?;
        self.require_webhook_admin(caller, conversation_id).await?;
        self.remove_webhook(caller, conversation_id, id).await?;
        tracing::info!(webhook = %id, conversation = %conversation_id, by = %caller.user_id, "a webhook was removed");
        Ok(())
    }

    /// # Errors
    /// `NotFound` for one that is removed.
    pub(crate) async fn remove_webhook(
        &self,
        caller: &Caller,
        conversation_id: ConversationId,
        id: WebhookId,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let bot_id = sqlx::query_scalar!(
            "with removed as (
                delete from webhooks where id = $1 and conversation_id = $2 returning bot_id
            )
            update users set blocked_at = coalesce(blocked_at, now())
            from removed where users.id = removed.bot_id returning users.id",
            id.0,
            conversation_id.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound("webhook"))?;
        NewEntry::by(caller, AuditAction::WebhookDeleted)
            .in_conversation(conversation_id)
            .with("webhook", id)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        let bot = bot_caller(UserId(bot_id));
        match self.leave_conversation(&bot, conversation_id).await {
            // Somebody has removed it before, or it never was a member.
            Err(Error::NotFound(_) | Error::Forbidden(_)) => Ok(()),
            left => left,
        }
    }

    /// # Errors
    /// `NotFound` to others than members; `Forbidden` to members who are neither owner nor admin, and for a
    /// conversation that is neither group nor channel.
    async fn require_webhook_admin(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        self.require_member(caller, id).await?;
        let row = sqlx::query!(
            r#"select c.kind, m.role as "role!" from conversations c
            join memberships m on m.conversation_id = c.id and m.user_id = $2 and m.left_at is null
            where c.id = $1"#,
            id.0,
            caller.user_id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("conversation"))?;
        if !parse_kind(&row.kind).is_group() {
            return Err(Error::Forbidden("Only groups and channels have webhooks."));
        }
        if parse_role(&row.role) < MemberRole::Admin {
            return Err(Error::Forbidden(ONLY_ADMINS));
        }
        Ok(())
    }

    /// Writes a webhook, and the bot as which it sends, which is no member yet. Two at once count each other.
    async fn insert_webhook(
        &self,
        caller: &Caller,
        id: ConversationId,
        name: &str,
        may_mention_many: bool,
        hash: &[u8],
    ) -> Result<(WebhookId, UserId)> {
        // It says nothing, and nobody guesses which are taken.
        let username = format!("webhook-{:016x}", rand::random::<u64>());
        let account = NewAccount::read(&username, Some(name), None)?;
        let mut tx = self.begin().await?;
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended('webhooks' || chr(10) || $1::bigint, 0))",
            caller.user_id.0
        )
        .execute(&mut *tx)
        .await?;
        let locked = lock(&mut tx, caller, id).await?;
        if locked.role < MemberRole::Admin {
            return Err(Error::Forbidden(ONLY_ADMINS));
        }
        let counts = sqlx::query!(
            r#"select (select count(*) from webhooks where conversation_id = $1) as "here!",
                (select count(*) from webhooks where created_by = $2) as "theirs!""#,
            id.0,
            caller.user_id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        if counts.here >= MAX_WEBHOOKS {
            return Err(Error::Conflict(
                "There are 50 webhooks already. Remove one first.",
            ));
        }
        if counts.theirs >= MAX_WEBHOOKS_OF_PERSON {
            return Err(Error::Conflict(
                "You have made 200 webhooks already. Remove one first.",
            ));
        }
        let bot_id = account.insert(&mut *tx, None, UserRole::Member).await?;
        insert_bot(&mut tx, bot_id, caller).await?;
        let webhook_id = sqlx::query_scalar!(
            "insert into webhooks (bot_id, conversation_id, secret_hash, may_mention_many, created_by)
            values ($1, $2, $3, $4, $5) returning id",
            bot_id.0,
            id.0,
            hash,
            may_mention_many,
            caller.user_id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        NewEntry::by(caller, AuditAction::WebhookCreated)
            .in_conversation(id)
            .with("webhook", webhook_id)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok((WebhookId(webhook_id), bot_id))
    }

    async fn load_webhooks(&self, id: ConversationId) -> Result<Vec<Webhook>> {
        let rows = sqlx::query!(
            r#"select w.id, user_json(u) as "bot!: Json<User>", w.may_mention_many,
                creator.name as "created_by?", w.created_at, w.last_used_at
            from webhooks w
            join users u on u.id = w.bot_id
            left join users creator on creator.id = w.created_by
            where w.conversation_id = $1 order by w.id"#,
            id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let webhooks = rows.into_iter().map(|row| Webhook {
            id: WebhookId(row.id),
            conversation_id: id,
            bot: row.bot.0,
            may_mention_many: row.may_mention_many,
            created_by: row.created_by,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        });
        Ok(webhooks.collect())
    }
}

/// The bot of a webhook, for which the server acts.
fn bot_caller(user_id: UserId) -> Caller {
    Caller {
        grant: Some(Grant::of_bot()),
        ..Caller::acting_for(user_id)
    }
}
