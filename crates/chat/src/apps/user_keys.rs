//! Users as callers of the public API name them: by our ids, or by those of an app.

use super::{
    AppProfile, ExternalId, UnknownUsers,
    create::{NewAppUser, create_app_users, distinct, lock_app_users},
    users::find_users,
};
use crate::{Caller, Chat, Error, Result};
use model::{AppId, AppUserId, User, UserId, UserKey};
use std::collections::{BTreeMap, HashMap};

const UNKNOWN: Error = Error::NotFound("user");

/// Users that one request may name.
const MAX_KEYS: usize = 501;

/// A user of an app, as a caller who may know them names them.
type Named = (AppId, ExternalId);

impl Chat {
    /// The user with this id in an app. Never creates one.
    ///
    /// # Errors
    /// `NotFound` if there is none, or for a caller who may not know the ids of the app: those of the
    /// app's tokens may, other users of the app, and administrators.
    pub async fn user_by_app_id(&self, caller: &Caller, id: &AppUserId) -> Result<User> {
        let user_id = self
            .find_user_by_key(caller, &UserKey::App(id.clone()))
            .await?;
        self.user(caller, user_id).await
    }

    /// The id of the user whom a caller names. Never creates one; whether there is a user with one of
    /// our ids is not checked.
    ///
    /// # Errors
    /// As `user_by_app_id`.
    pub async fn find_user_by_key(&self, caller: &Caller, key: &UserKey) -> Result<UserId> {
        match key {
            UserKey::Id(id) => Ok(*id),
            UserKey::App(named) => {
                let (app_id, id) = self.visible_id(caller, named).await?;
                self.find_app_user(app_id, &id).await?.ok_or(UNKNOWN)
            }
        }
    }

    /// The ids of the users whom a caller names, in the same order. Somebody whom nobody has named
    /// before becomes a placeholder, if the caller has a token of that app or is an administrator.
    ///
    /// # Errors
    /// As `user_by_app_id`; `Invalid` for more than can be members of one request; `TooManyRequests` for
    /// too many placeholders of a caller.
    pub async fn resolve_user_keys(
        &self,
        caller: &Caller,
        field: &str,
        keys: &[UserKey],
    ) -> Result<Vec<UserId>> {
        if keys.len() > MAX_KEYS {
            return Err(Error::invalid(field, "must be at most 500"));
        }
        let mut by_app: BTreeMap<&str, Vec<ExternalId>> = BTreeMap::new();
        for key in keys {
            if let UserKey::App(named) = key {
                let id = ExternalId::parse(&named.id).ok_or(UNKNOWN)?;
                by_app.entry(&named.app).or_default().push(id);
            }
        }
        // All are checked before anybody is created.
        let mut apps = Vec::with_capacity(by_app.len());
        for (app, ids) in &by_app {
            let app_id = self.visible_app(caller, app).await?;
            let ids = distinct(ids);
            let users = find_users(&self.0.db, app_id, &ids).await?;
            let mut new = ids.clone();
            new.retain(|id| !users.contains_key(*id));
            self.check_may_name(caller, app_id, &new).await?;
            apps.push((*app, app_id, ids, users));
        }
        let mut found = HashMap::new();
        for (app, app_id, ids, mut users) in apps {
            if users.len() < ids.len() {
                users = self
                    .create_placeholders(caller, app_id, &ids, users.len())
                    .await?;
            }
            found.extend(users.into_iter().map(|(id, user)| ((app, id), user)));
        }
        let user_ids = keys.iter().map(|key| match key {
            UserKey::Id(id) => Ok(*id),
            UserKey::App(named) => {
                let id = ExternalId::parse(&named.id).ok_or(UNKNOWN)?;
                found.get(&(named.app.as_str(), id)).copied().ok_or(UNKNOWN)
            }
        });
        user_ids.collect()
    }

    async fn visible_id(&self, caller: &Caller, named: &AppUserId) -> Result<Named> {
        let app_id = self.visible_app(caller, &named.app).await?;
        let id = ExternalId::parse(&named.id).ok_or(UNKNOWN)?;
        Ok((app_id, id))
    }

    /// The app of this name, for callers who may know the ids of its users. To all others, an app that
    /// is there and one that is not look the same.
    async fn visible_app(&self, caller: &Caller, name: &str) -> Result<AppId> {
        let app_id = self.find_app(name).await?.ok_or(UNKNOWN)?;
        if caller.app_id == Some(app_id) || caller.require_admin().is_ok() {
            return Ok(app_id);
        }
        let card = self.user_card(caller.user_id).await?;
        card.external_id(app_id).map(|_| app_id).ok_or(UNKNOWN)
    }

    /// Whether the caller may name these users, whom nobody has seen yet.
    ///
    /// # Errors
    /// `NotFound` for a caller who may name nobody new, and for an id that has another form than the
    /// caller's own in the app.
    async fn check_may_name(
        &self,
        caller: &Caller,
        app_id: AppId,
        ids: &[&ExternalId],
    ) -> Result<()> {
        if !ids.is_empty() && !self.may_name_unknown(caller, app_id).await? {
            return Err(UNKNOWN);
        }
        for id in ids {
            if !self.has_form_of_own(caller, app_id, id).await? {
                return Err(UNKNOWN);
            }
        }
        Ok(())
    }

    /// Whether the caller makes placeholders by naming somebody: those with a token of the app, if its
    /// configuration accepts it, and administrators.
    async fn may_name_unknown(&self, caller: &Caller, app_id: AppId) -> Result<bool> {
        if caller.require_admin().is_ok() {
            return Ok(true);
        }
        let setting = self.unknown_users(app_id).await?;
        Ok(caller.app_id == Some(app_id) && setting == UnknownUsers::Accept)
    }

    /// Those users of the app, with a placeholder for each one whom nobody has named before: for all but
    /// `known` of them.
    async fn create_placeholders(
        &self,
        caller: &Caller,
        app_id: AppId,
        ids: &[&ExternalId],
        known: usize,
    ) -> Result<HashMap<ExternalId, UserId>> {
        for _ in known..ids.len() {
            self.0.limits.placeholder(caller.user_id)?;
        }
        let mut tx = self.begin().await?;
        lock_app_users(&mut tx, app_id).await?;
        let mut found = find_users(&mut *tx, app_id, ids).await?;
        let missing = ids.iter().filter(|id| !found.contains_key(**id));
        let new: Vec<_> = missing
            .map(|id| NewAppUser {
                id,
                profile: AppProfile::default(),
                role: "member",
                directory: None,
            })
            .collect();
        let created = create_app_users(&mut tx, app_id, &new).await?;
        tx.commit().await?;
        let created = new.iter().zip(created);
        found.extend(created.map(|(user, user_id)| (user.id.clone(), user_id)));
        Ok(found)
    }
}
