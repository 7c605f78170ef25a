//! Ids as a caller sends them: those of the caller's app, or ours.

use super::{
    config::UnknownUsers,
    external_id::{ExternalId, IdForm, reserved_user},
    state::MovedNumbers,
};
use crate::{Caller, Chat, Error, Result, error::shared};
use model::{AppId, ConversationId, MessageId, UserId};

const UNKNOWN_USER: Error = Error::NotFound("user");

/// Users that one request may name: the members of a conversation that it creates.
const MAX_NAMED: usize = 501;

impl Chat {
    /// The user whom a caller names. For a caller of an app the id is the app's, never one of ours;
    /// somebody new becomes a placeholder, unless the app's setting refuses them. A user without an id in
    /// the app has a reserved one there.
    ///
    /// # Errors
    /// `NotFound` for what can be no user's id; `TooManyRequests` for too many placeholders of a caller.
    pub async fn resolve_user(&self, caller: &Caller, id: &str) -> Result<UserId> {
        if let Some(user_id) = self.find_named_user(caller, id).await? {
            return Ok(user_id);
        }
        let (app_id, id) = self.nameable_id(caller, id).await?;
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

    /// The users whom a caller names, as with `resolve_user`, in the order of the ids. Nobody is created if
    /// one of them can be no user.
    ///
    /// # Errors
    /// `Invalid` for more than `MAX_NAMED`; otherwise as `resolve_user`.
    pub async fn resolve_users(
        &self,
        caller: &Caller,
        field: &str,
        ids: &[impl AsRef<str> + Sync],
    ) -> Result<Vec<UserId>> {
        if ids.len() > MAX_NAMED {
            return Err(Error::invalid(field, "must be at most 500"));
        }
        let found = self.find_each(caller, ids).await?;
        for (id, _) in ids.iter().zip(&found).filter(|(_, it)| it.is_none()) {
            self.nameable_id(caller, id.as_ref()).await?;
        }
        let mut users = Vec::with_capacity(ids.len());
        for (id, found) in ids.iter().zip(found) {
            users.push(match found {
                Some(user_id) => user_id,
                None => self.resolve_user(caller, id.as_ref()).await?,
            });
        }
        Ok(users)
    }

    /// Those of the users whom a caller names who are there, in the order of the ids. Nobody is created.
    pub async fn find_named_users(
        &self,
        caller: &Caller,
        ids: &[impl AsRef<str> + Sync],
    ) -> Result<Vec<UserId>> {
        let found = self.find_each(caller, ids).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// As `find_named_user` for each id, with one query.
    async fn find_each(
        &self,
        caller: &Caller,
        ids: &[impl AsRef<str> + Sync],
    ) -> Result<Vec<Option<UserId>>> {
        let Some(app_id) = caller.app_id else {
            let ids = ids.iter().map(|id| own_id(id.as_ref()).map(UserId));
            return Ok(ids.collect());
        };
        let external = ids.iter().filter_map(|id| ExternalId::parse(id.as_ref()));
        let known = self.load_app_users(app_id, external).await?;
        let found = ids.iter().map(|id| {
            let id = id.as_ref();
            reserved_user(id).or_else(|| known.get(&ExternalId::parse(id)?).copied())
        });
        Ok(found.collect())
    }

    /// The id of somebody whom nobody has seen yet, if the caller may name them.
    ///
    /// # Errors
    /// `NotFound`.
    async fn nameable_id(&self, caller: &Caller, id: &str) -> Result<(AppId, ExternalId)> {
        let (app_id, id) = foreign_id(caller, id).ok_or(UNKNOWN_USER)?;
        if self.unknown_users(app_id).await? == UnknownUsers::Refuse
            || !self.has_form_of_own(caller, app_id, &id).await?
        {
            return Err(UNKNOWN_USER);
        }
        Ok((app_id, id))
    }

    /// Whether an id has the form of the caller's own: if not, it is a mistake rather than a user whom
    /// nobody has seen yet. A digit string of 24 digits may be an `ObjectId`, too.
    pub(super) async fn has_form_of_own(
        &self,
        caller: &Caller,
        app_id: AppId,
        id: &ExternalId,
    ) -> Result<bool> {
        let card = match self.user_card(caller.user_id).await {
            // The operator is no user.
            Err(Error::NotFound(_)) => return Ok(true),
            card => card?,
        };
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

    /// The conversation that a caller names: by our id, or by the one that it had in the caller's app
    /// before it was imported. A number that is both is ours if the caller sees that conversation, which
    /// lists have shown under this number; otherwise it is the app's.
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
            r#"select coalesce(
                (select c.id from conversations c where c.id = $4 and (not c.private or exists (
                    select from memberships m
                    where m.conversation_id = c.id and m.user_id = $5 and m.left_at is null))),
                (select a.conversation_id from app_conversations a
                where a.app_id = $1 and a.external_key = $3
                order by a.external_id = $2 desc limit 1)
            )"#,
            app_id.0,
            id.as_str(),
            &id.key(),
            own,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        found.or(own).map(ConversationId).ok_or(UNKNOWN)
    }

    /// The message that a caller names, as with `resolve_conversation`: the caller sees those of the
    /// conversations that they see.
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
            r#"select coalesce(
                (select s.id from messages s join conversations c on c.id = s.conversation_id
                where s.id = $4 and (not c.private or exists (
                    select from memberships m
                    where m.conversation_id = c.id and m.user_id = $5 and m.left_at is null))),
                (select a.message_id from app_messages a
                where a.app_id = $1 and a.external_key = $3
                order by a.external_id = $2 desc limit 1)
            )"#,
            app_id.0,
            id.as_str(),
            &id.key(),
            own,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
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
