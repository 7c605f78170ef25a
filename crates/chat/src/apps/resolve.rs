//! Ids as a caller sends them: those of the caller's app, or ours.

use super::{
    config::UnknownUsers,
    external_id::{ExternalId, reserved_user},
};
use crate::{Caller, Chat, Error, Result};
use model::{AppId, ConversationId, MessageId, UserId};

impl Chat {
    /// The user whom a caller names. For a caller of an app the id is the app's, never one of ours;
    /// somebody new becomes a placeholder, unless the app's setting refuses them. A user without an id in
    /// the app has a reserved one there.
    ///
    /// # Errors
    /// `NotFound` for what can be no user's id; `TooManyRequests` for too many placeholders of a caller.
    pub async fn resolve_user(&self, caller: &Caller, id: &str) -> Result<UserId> {
        const UNKNOWN: Error = Error::NotFound("user");
        let Some(app_id) = caller.app_id else {
            return own_id(id).map(UserId).ok_or(UNKNOWN);
        };
        if let Some(user_id) = reserved_user(id) {
            return Ok(user_id);
        }
        let id = ExternalId::parse(id).ok_or(UNKNOWN)?;
        if let Some(user_id) = self.find_app_user(app_id, &id).await? {
            return Ok(user_id);
        }
        if self.unknown_users(app_id).await? == UnknownUsers::Refuse {
            return Err(UNKNOWN);
        }
        self.0.limits.placeholder(caller.user_id)?;
        self.find_or_create_app_user(app_id, &id, None).await
    }

    /// The users whom a caller names, as with `resolve_user`, in the order of the ids.
    pub async fn resolve_users(
        &self,
        caller: &Caller,
        ids: &[impl AsRef<str> + Sync],
    ) -> Result<Vec<UserId>> {
        if let Some(app_id) = caller.app_id {
            let known = ids.iter().filter_map(|id| ExternalId::parse(id.as_ref()));
            self.cache_app_users(app_id, known).await?;
        }
        let mut users = Vec::with_capacity(ids.len());
        for id in ids {
            users.push(self.resolve_user(caller, id.as_ref()).await?);
        }
        Ok(users)
    }

    /// The conversation that a caller names: by our id, or by the one that it had in the caller's app
    /// before it was imported.
    ///
    /// # Errors
    /// `NotFound` for what can be no conversation's id. Whether there is one with our id is not checked.
    pub async fn resolve_conversation(&self, caller: &Caller, id: &str) -> Result<ConversationId> {
        const UNKNOWN: Error = Error::NotFound("conversation");
        if id == "0" {
            return Ok(ConversationId::ANNOUNCEMENTS);
        }
        if let Some(id) = own_id(id) {
            return Ok(ConversationId(id));
        }
        let (app_id, id) = foreign_id(caller, id).ok_or(UNKNOWN)?;
        let found = sqlx::query_scalar!(
            "select conversation_id from app_conversations where app_id = $1 and external_id = $2",
            app_id.0,
            id.as_str()
        )
        .fetch_optional(&self.0.db)
        .await?;
        found.map(ConversationId).ok_or(UNKNOWN)
    }

    /// The message that a caller names, as with `resolve_conversation`.
    ///
    /// # Errors
    /// `NotFound` for what can be no message's id. Whether there is one with our id is not checked.
    pub async fn resolve_message(&self, caller: &Caller, id: &str) -> Result<MessageId> {
        const UNKNOWN: Error = Error::NotFound("message");
        if let Some(id) = own_id(id) {
            return Ok(MessageId(id));
        }
        let (app_id, id) = foreign_id(caller, id).ok_or(UNKNOWN)?;
        let found = sqlx::query_scalar!(
            "select message_id from app_messages where app_id = $1 and external_id = $2",
            app_id.0,
            id.as_str()
        )
        .fetch_optional(&self.0.db)
        .await?;
        found.map(MessageId).ok_or(UNKNOWN)
    }
}

/// An id of ours: digits without a sign, above zero.
fn own_id(id: &str) -> Option<i64> {
    let is_digits = id.bytes().all(|byte| byte.is_ascii_digit());
    id.parse().ok().filter(|id| is_digits && *id > 0)
}

fn foreign_id(caller: &Caller, id: &str) -> Option<(AppId, ExternalId)> {
    caller.app_id.zip(ExternalId::parse(id))
}
