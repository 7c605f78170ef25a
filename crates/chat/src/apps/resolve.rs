//! Ids as a caller sends them: those of the caller's app, or ours.

use super::{
    config::UnknownUsers,
    external_id::{ExternalId, IdForm, reserved_user},
    state::MovedNumbers,
};
use crate::{Caller, Chat, Error, Result, error::shared};
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
        if self.unknown_users(app_id).await? == UnknownUsers::Refuse
            || !self.has_form_of_own(caller, app_id, &id).await?
        {
            return Err(UNKNOWN);
        }
        self.0.limits.placeholder(caller.user_id)?;
        self.find_or_create_app_user(app_id, &id, None).await
    }

    /// The user whom a caller names, as with `resolve_user`, but nobody is created.
    pub async fn find_named_user(&self, caller: &Caller, id: &str) -> Result<Option<UserId>> {
        let Some(app_id) = caller.app_id else {
            return Ok(own_id(id).map(UserId));
        };
        match (reserved_user(id), ExternalId::parse(id)) {
            (Some(user_id), _) => Ok(Some(user_id)),
            (None, Some(id)) => self.find_app_user(app_id, &id).await,
            (None, None) => Ok(None),
        }
    }

    /// Whether an id has the form of the caller's own: if not, it is a mistake rather than a user whom
    /// nobody has seen yet. A digit string of 24 digits may be an `ObjectId`, too.
    async fn has_form_of_own(
        &self,
        caller: &Caller,
        app_id: AppId,
        id: &ExternalId,
    ) -> Result<bool> {
        let card = self.user_card(caller.user_id).await?;
        let Some(own) = card.external_id(app_id) else {
            return Ok(true);
        };
        let is_long_number = |it: &ExternalId| it.as_str().len() == 24;
        Ok(match (own.form(), id.form()) {
            (IdForm::Text, _) => true,
            (IdForm::ObjectId, IdForm::Integer) => is_long_number(id),
            (IdForm::Integer, IdForm::ObjectId) => is_long_number(own),
            (own, other) => own == other,
        })
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
    /// before it was imported. A number that is both is the app's.
    ///
    /// # Errors
    /// `NotFound` for what can be no conversation's id. Whether there is one with our id is not checked.
    pub async fn resolve_conversation(&self, caller: &Caller, id: &str) -> Result<ConversationId> {
        const UNKNOWN: Error = Error::NotFound("conversation");
        if id == "0" {
            return Ok(ConversationId::ANNOUNCEMENTS);
        }
        let own = own_id(id);
        if let Some(own) = own
            && !self.is_moved(caller, |it| own <= it.conversation).await?
        {
            return Ok(ConversationId(own));
        }
        let (app_id, id) = foreign_id(caller, id).ok_or(UNKNOWN)?;
        let found = sqlx::query_scalar!(
            "select conversation_id from app_conversations
            where app_id = $1 and external_id in ($2, $3) order by external_id = $2 desc limit 1",
            app_id.0,
            id.as_str(),
            &id.key()
        )
        .fetch_optional(&self.0.db)
        .await?;
        found.or(own).map(ConversationId).ok_or(UNKNOWN)
    }

    /// The message that a caller names, as with `resolve_conversation`.
    ///
    /// # Errors
    /// `NotFound` for what can be no message's id. Whether there is one with our id is not checked.
    pub async fn resolve_message(&self, caller: &Caller, id: &str) -> Result<MessageId> {
        const UNKNOWN: Error = Error::NotFound("message");
        let own = own_id(id);
        if let Some(own) = own
            && !self.is_moved(caller, |it| own <= it.message).await?
        {
            return Ok(MessageId(own));
        }
        let (app_id, id) = foreign_id(caller, id).ok_or(UNKNOWN)?;
        let found = sqlx::query_scalar!(
            "select message_id from app_messages
            where app_id = $1 and external_id in ($2, $3) order by external_id = $2 desc limit 1",
            app_id.0,
            id.as_str(),
            &id.key()
        )
        .fetch_optional(&self.0.db)
        .await?;
        found.or(own).map(MessageId).ok_or(UNKNOWN)
    }

    /// Returns whether a number may be an old id of the caller's app that the row has not kept. Another
    /// process may be importing, of which this node learns within a minute.
    async fn is_moved(
        &self,
        caller: &Caller,
        is_within: impl FnOnce(MovedNumbers) -> bool,
    ) -> Result<bool> {
        let Some(app_id) = caller.app_id else {
            return Ok(false);
        };
        let load = async {
            let row = sqlx::query!(
                "select largest_moved_conversation, largest_moved_message from apps where id = $1",
                app_id.0
            )
            .fetch_optional(&self.0.db)
            .await?;
            Ok(row.map_or_else(MovedNumbers::default, |row| MovedNumbers {
                conversation: row.largest_moved_conversation,
                message: row.largest_moved_message,
            }))
        };
        let moved = self.0.apps.moved.try_get_with(app_id, load).await;
        Ok(is_within(moved.map_err(shared)?))
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
