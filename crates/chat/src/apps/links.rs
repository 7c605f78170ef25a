//! Links: ids of several apps, or of an account of ours and an app, that are one person.

use super::{external_id::ExternalId, users::Told};
use crate::{
    Caller, Chat, Delivery, Error, Result,
    accounts::{auth_error::INVALID_TOKEN, keys::Subject},
    audit::NewEntry,
    error::OnConstraint,
};
use model::{AppId, AuditAction, UserId};
use sqlx::types::Json;

/// The answer when the user of the id is somebody with a past, which would have to be merged.
const HAS_HISTORY: Error =
    Error::Conflict("The other user has conversations already. Two users with a past stay two.");
const SIGNS_IN_OTHERWISE: Error =
    Error::Conflict("The other user can sign in otherwise, too, and stays a user of their own.");
/// The user of the id was deleted here, or the one who would get it.
const DELETED: Error = Error::NotFound("user");
const HAS_ANOTHER_ID: Error = Error::Conflict("The user has another id in that app already.");

impl Chat {
    /// Makes the user of an app's token the same person as the caller, who proves with the two tokens to
    /// be both. An e-mail address is never a proof.
    ///
    /// # Errors
    /// `Unauthenticated` for a token that is not valid; `Invalid` for one of ours, which has no id in an
    /// app; `Conflict` if the user of the token has a past here, or the caller another id in that app.
    pub async fn link_token(&self, caller: &Caller, token: &str) -> Result<()> {
        caller.require_person()?;
        let verified = self.0.keys.verify(None, token).await?;
        let Subject::External(user) = verified.subject else {
            return Err(Error::invalid("token", "must be a token of an app"));
        };
        let app_id = self.app_of_user(&user).await?;
        let id = ExternalId::parse(&user.subject).ok_or(INVALID_TOKEN)?;
        let told = user.told(&id);
        // A user who was ended or blocked proves nothing, and an unknown one is made by the link.
        if self.find_app_user(app_id, &id).await?.is_some() {
            self.app_caller(app_id, &id, &told).await?;
        }
        self.move_id(caller, app_id, &id, caller.user_id, Some(&told))
            .await
    }

    /// The same for another user, by an administrator.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an administrator; `NotFound` for a user who does not exist.
    pub async fn link_app_user(
        &self,
        caller: &Caller,
        app_id: AppId,
        id: &ExternalId,
        user_id: UserId,
    ) -> Result<()> {
        caller.require_admin()?;
        let is_there = sqlx::query_scalar!(
            r#"select exists (select from users where id = $1 and deleted_at is null) as "is_there!""#,
            user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        if !is_there {
            return Err(DELETED);
        }
        self.move_id(caller, app_id, id, user_id, None).await
    }

    /// Gives an id to a user, and removes the user who had it and who is nobody then.
    async fn move_id(
        &self,
        caller: &Caller,
        app_id: AppId,
        id: &ExternalId,
        to: UserId,
        told: Option<&Told>,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended($1::bigint || chr(10) || $2, 0))",
            app_id.0,
            &id.key()
        )
        .execute(&mut *tx)
        .await?;
        let row = sqlx::query!(
            "select external_id, user_id from app_users where app_id = $1 and external_key = $2
            order by external_id = $3 desc limit 1 for update",
            app_id.0,
            &id.key(),
            id.as_str()
        )
        .fetch_optional(&mut *tx)
        .await?;
        let from = row.as_ref().map(|row| UserId(row.user_id));
        // As the app spelled it first.
        let id = row.as_ref().map_or(id.as_str(), |row| &row.external_id);
        if from == Some(to) {
            return Ok(());
        }
        sqlx::query!(
            "insert into app_users
                (app_id, external_id, user_id, first_token_at, profile, told_at, told_exp)
            values ($1, $2, $3, case when $7 then now() end, $4, $5, $6)
            on conflict (app_id, external_id) do update
            -- What a token made of the user who had the id says nothing about the one who has it now.
            set user_id = excluded.user_id, admin_by_claim = false",
            app_id.0,
            id,
            to.0,
            told.map(|it| Json(&it.profile)) as _,
            told.and_then(|it| it.at.issued()),
            told.and_then(|it| it.at.expires()),
            told.is_some()
        )
        .execute(&mut *tx)
        .await
        .on_constraint("app_users_user_key", || HAS_ANOTHER_ID)
        .on_constraint("app_users_not_deleted", || DELETED)?;
        if let Some(from) = from {
            // Whoever wrote anything was a member, and has a row there for good. Looking for it reads
            // the table, which is why only this rare verb does it.
            let removed = sqlx::query!(
                // Mentions of many have no constraint that would delete them.
                "with mentioned as (delete from wildcard_recipients where user_id = $1)
                delete from users u where id = $1 and password_hash is null
                    and not exists (select from app_users a where a.user_id = u.id)",
                from.0
            )
            .execute(&mut *tx)
            .await
            .on_constraint("members_user_fkey", || HAS_HISTORY)
            .on_constraint("forwards_said_by_fkey", || HAS_HISTORY)
            .on_constraint("conversations_created_by_fkey", || HAS_HISTORY)
            .on_constraint("conversations_low_user_fkey", || HAS_HISTORY)
            .on_constraint("conversations_high_user_fkey", || HAS_HISTORY)
            .on_constraint("announcements_sent_by_fkey", || HAS_HISTORY)?;
            if removed.rows_affected() == 0 {
                return Err(SIGNS_IN_OTHERWISE);
            }
        }
        NewEntry::by(caller, AuditAction::DirectoryUserLinked)
            .on(to)
            .with("app", app_id)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        tracing::info!(%app_id, user_id = %to, "an id of an app was linked to a user");
        let concerned: Vec<_> = from.into_iter().chain([to]).collect();
        for user_id in &concerned {
            self.0.apps.forget_user(*user_id);
        }
        self.invalidate_users(&concerned).await;
        if let Some(from) = from {
            self.0.bus.publish(Delivery::DisconnectUser(from));
        }
        Ok(())
    }
}
