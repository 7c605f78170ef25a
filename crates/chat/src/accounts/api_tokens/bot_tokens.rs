//! Tokens of bots, which administrators make and delete.

use super::new_token::{TokenKind, ValidToken};
use crate::{Caller, Chat, Error, Result, accounts::client::Client};
use model::{
    ApiToken, ConversationId, CreatedApiToken, NewBotToken, Page, PageRequest, SessionId,
    TwoFactorProof, UserId,
};

impl Chat {
    /// Makes a token of a bot. Administrators only, with their own password and second factor.
    ///
    /// # Errors
    /// As `create_api_token`; `NotFound` for what is no bot, and for a conversation that the bot has not joined.
    pub async fn create_bot_token(
        &self,
        caller: &Caller,
        bot_id: UserId,
        new: NewBotToken,
        client: &Client,
    ) -> Result<CreatedApiToken> {
        self.require_bot(caller, bot_id).await?;
        let token = ValidToken::read(new.token)?;
        let bot = Caller::acting_for(bot_id);
        for id in token.conversation_ids.iter().flatten() {
            self.require_member(&bot, ConversationId(*id)).await?;
        }
        let proof = TwoFactorProof {
            current_password: new.current_password,
            code: new.code.unwrap_or_default(),
        };
        let version = self.credentials_version(bot_id).await?;
        let tx = self.prove_person(caller, proof, client).await?;
        let created = self
            .insert_api_token(tx, caller, bot_id, version, TokenKind::Bot, token)
            .await?;
        tracing::info!(bot = %bot_id, by = %caller.user_id, token = %created.details.id, "a token of a bot was made");
        Ok(created)
    }

    /// A page of the tokens of a bot that are good, the newest first. Administrators only.
    pub async fn bot_tokens(
        &self,
        caller: &Caller,
        bot_id: UserId,
        page: &PageRequest,
    ) -> Result<Page<ApiToken>> {
        self.require_bot(caller, bot_id).await?;
        self.api_tokens_of(bot_id, page).await
    }

    /// Deletes a token of a bot, and disconnects its sockets. Administrators only.
    pub async fn delete_bot_token(
        &self,
        caller: &Caller,
        bot_id: UserId,
        id: SessionId,
    ) -> Result<()> {
        self.require_bot(caller, bot_id).await?;
        self.delete_api_token_of(caller, bot_id, id).await?;
        tracing::info!(bot = %bot_id, by = %caller.user_id, token = %id, "a token of a bot was deleted");
        Ok(())
    }

    /// # Errors
    /// `Forbidden` to others than administrators who have signed in; `NotFound` for what is no bot.
    /// That it is a bot whose tokens an administrator makes. The bot of a webhook has none: as a member, it would read for
    /// them what they may not.
    async fn require_bot(&self, caller: &Caller, id: UserId) -> Result<()> {
        caller.require_admin()?;
        caller.require_person()?;
        let found = sqlx::query_scalar!(
            r#"select exists (
                select from bots b where b.user_id = $1
                    and not exists (select from webhooks w where w.bot_id = b.user_id)
            ) as "found!""#,
            id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        found.then_some(()).ok_or(Error::NotFound("bot"))
    }
}
