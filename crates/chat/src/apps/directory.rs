//! The directory of an app: its administrators say who its users are, thousands at a time.

mod entry;
mod known;

pub(crate) use entry::Said;

use super::{
    ExternalId,
    create::{NewAppUser, create_app_users, lock_app_users},
    deleted::deleted_keys,
    role_entry,
};
use crate::{Caller, Chat, Delivery, Error, Result, accounts::role::role_text, audit::NewEntry};
use entry::{Entry, field_error, parse, readable_id};
use known::{Change, Known, find_known, write_changes};
use model::{AppId, AuditAction, DirectoryReport, RejectedUser, UserId, UserRole};
use serde_json::Value;
use sqlx::{Postgres, Transaction};
use std::collections::{HashMap, HashSet};

/// Users in one update of a directory; more are refused as a whole.
pub const MAX_DIRECTORY_USERS: usize = 5_000;

/// How often an update is tried when somebody takes a username or an address while it runs.
const MAX_TRIES: usize = 3;

impl Chat {
    /// Creates and changes users of an app, and ends those that are not active any more. Each entry
    /// is an object with `id` and, if known, `name`, `username`, `email`, `avatarUrl` or `picture`,
    /// `role` and `active`. The same update again changes nothing. A rejected entry costs the others
    /// nothing. Administrators only. With `is_dry_run` nothing is kept, but the report is the same.
    ///
    /// # Errors
    /// `NotFound` for an app that neither the configuration nor a token has named; `Invalid` for more
    /// than `MAX_DIRECTORY_USERS`.
    pub async fn update_app_users(
        &self,
        caller: &Caller,
        app: &str,
        users: &[Value],
        is_dry_run: bool,
    ) -> Result<DirectoryReport> {
        caller.require_admin()?;
        if users.len() > MAX_DIRECTORY_USERS {
            return Err(Error::invalid("users", "must be at most 5000"));
        }
        let app_id = self.require_app(app).await?;
        let (entries, rejected) = read_entries(users);
        let mut tries = 1;
        loop {
            let update = Update::new(caller, (app, app_id), rejected.clone());
            let tx = self.begin().await?;
            match update.run(tx, &entries, is_dry_run).await {
                Err(error) if tries < MAX_TRIES && is_unique_violation(&error) => tries += 1,
                Err(error) => return Err(error),
                Ok(update) if is_dry_run => return Ok(update.report),
                Ok(update) => {
                    self.announce_users(&update.changed).await;
                    self.invalidate_users(&update.disconnected).await;
                    let disconnected = update.disconnected.into_iter();
                    let deliveries = disconnected.map(Delivery::DisconnectUser).collect();
                    self.0.bus.publish_all(deliveries);
                    return Ok(update.report);
                }
            }
        }
    }

    /// Ends a user of an app: their tokens are refused from now on, their sockets are disconnected on
    /// all nodes, and searches of users do not list them. Their messages stay. Nothing happens to one
    /// who has ended already. Administrators only.
    ///
    /// # Errors
    /// `NotFound` for an app or a user that is not known; `Conflict` for the caller themself.
    pub async fn end_app_user(&self, caller: &Caller, app: &str, id: &str) -> Result<()> {
        caller.require_admin()?;
        let app_id = self.require_app(app).await?;
        let id = ExternalId::parse(id).ok_or(Error::NotFound("user"))?;
        let user_id = self.find_app_user(app_id, &id).await?;
        let user_id = user_id.ok_or(Error::NotFound("user"))?;
        if user_id == caller.user_id {
            return Err(Error::Conflict("Nobody can end themself."));
        }
        let mut tx = self.begin().await?;
        let ended = sqlx::query!(
            "update app_users set ended_at = clock_timestamp()
            where app_id = $1 and user_id = $2 and ended_at is null",
            app_id.0,
            user_id.0
        )
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() > 0 {
            NewEntry::by(caller, AuditAction::DirectoryUserEnded)
                .on(user_id)
                .with("app", app)
                .write(&mut *tx)
                .await?;
            tx.commit().await?;
            self.invalidate_users(&[user_id]).await;
            self.0.bus.publish(Delivery::DisconnectUser(user_id));
        }
        Ok(())
    }
}

/// One update, while it runs.
struct Update<'a> {
    caller: &'a Caller,
    app: &'a str,
    app_id: AppId,
    report: DirectoryReport,
    /// Users whose profile others may have cached.
    changed: Vec<UserId>,
    /// Users who are gone, or not administrators any more.
    disconnected: Vec<UserId>,
}

impl<'a> Update<'a> {
    fn new(
        caller: &'a Caller,
        (app, app_id): (&'a str, AppId),
        rejected: Vec<RejectedUser>,
    ) -> Self {
        let report = DirectoryReport {
            rejected,
            ..DirectoryReport::default()
        };
        Self {
            caller,
            app,
            app_id,
            report,
            changed: Vec::new(),
            disconnected: Vec::new(),
        }
    }

    async fn run(
        mut self,
        mut tx: Transaction<'_, Postgres>,
        entries: &[(usize, Entry)],
        is_dry_run: bool,
    ) -> Result<Self> {
        lock_app_users(&mut tx, self.app_id).await?;
        let ids = entries.iter().map(|(_, it)| &it.id);
        let known = find_known(&mut tx, self.app_id, ids).await?;
        self.create(&mut tx, entries, &known).await?;
        let changes = self.accept_changes(entries, &known);
        let updated = write_changes(&mut tx, self.app_id, &changes).await?;
        set_ended(&mut tx, self.app_id, &changes).await?;
        for change in &changes {
            if let Some(role) = change.new_role() {
                self.note_role(&mut tx, change.known.user_id, role).await?;
            }
        }
        self.count(&changes, &updated);
        if is_dry_run {
            tx.rollback().await?;
        } else {
            self.record(&mut tx).await?;
            tx.commit().await?;
        }
        self.report.rejected.sort_by_key(|it| it.index);
        Ok(self)
    }

    async fn note_role(
        &self,
        tx: &mut Transaction<'_, Postgres>,
        id: UserId,
        role: UserRole,
    ) -> Result<()> {
        let entry = role_entry::by_directory(self.caller, self.app_id, id, role);
        entry.write(&mut **tx).await
    }

    /// A directory that is read once a minute and says nothing new is not written down.
    async fn record(&self, tx: &mut Transaction<'_, Postgres>) -> Result<()> {
        let report = &self.report;
        if report.created + report.updated + report.ended == 0 {
            return Ok(());
        }
        NewEntry::by(self.caller, AuditAction::DirectoryUpdated)
            .with("app", self.app)
            .with("created", report.created)
            .with("updated", report.updated)
            .with("ended", report.ended)
            .write(&mut **tx)
            .await
    }

    /// Creates the users whom nobody has named before. One who is gone already is not created, nor one whose account was
    /// deleted here.
    async fn create(
        &mut self,
        tx: &mut Transaction<'_, Postgres>,
        entries: &[(usize, Entry)],
        known: &HashMap<ExternalId, Known>,
    ) -> Result<()> {
        let unknown = entries.iter().map(|(_, entry)| entry);
        let unknown = unknown.filter(|it| !known.contains_key(&it.id));
        let unknown: Vec<_> = unknown.collect();
        let deleted = unknown.iter().map(|it| &it.id);
        let deleted = deleted_keys(&mut **tx, self.app_id, deleted).await?;
        let (deleted, unknown): (Vec<_>, Vec<_>) = unknown
            .into_iter()
            .partition(|it| deleted.contains(it.id.key().as_ref()));
        self.report.unchanged += deleted.len() as u64;
        let unknown = unknown.into_iter();
        let (active, gone): (Vec<_>, Vec<_>) = unknown.partition(|it| it.is_active);
        let new = active.iter().map(|entry| {
            Ok(NewAppUser {
                id: &entry.id,
                profile: entry.said.profile.clone(),
                role: role_text(entry.said.role.unwrap_or_default()),
                directory: Some(serde_json::to_value(&entry.said).map_err(Error::internal)?),
            })
        });
        let new: Vec<_> = new.collect::<Result<_>>()?;
        if !new.is_empty() {
            let created = create_app_users(tx, self.app_id, &new).await?;
            let roles = active.iter().map(|entry| entry.said.role);
            for (id, role) in created.into_iter().zip(roles) {
                if role == Some(UserRole::Admin) {
                    self.note_role(tx, id, UserRole::Admin).await?;
                }
            }
        }
        self.report.created += new.len() as u64;
        self.report.unchanged += gone.len() as u64;
        Ok(())
    }

    /// The changes of known users, without those with which the caller would lock themself out.
    fn accept_changes<'e>(
        &mut self,
        entries: &'e [(usize, Entry)],
        known: &'e HashMap<ExternalId, Known>,
    ) -> Vec<Change<'e>> {
        let mut changes = Vec::new();
        for (index, entry) in entries {
            let Some(known) = known.get(&entry.id) else {
                continue;
            };
            let change = Change::of(self.app_id, entry, known);
            let is_caller = known.user_id == self.caller.user_id;
            let error = if is_caller && change.ends() {
                Some(field_error("active", "must not be false for oneself"))
            } else if is_caller && change.demotes() {
                Some(field_error("role", "must be admin for oneself"))
            } else {
                None
            };
            match error {
                Some(error) => self.report.rejected.push(RejectedUser {
                    index: *index,
                    id: Some(entry.id.to_string()),
                    errors: vec![error],
                }),
                None => changes.push(change),
            }
        }
        changes
    }

    fn count(&mut self, changes: &[Change<'_>], updated: &HashSet<UserId>) {
        for change in changes {
            let user_id = change.known.user_id;
            let is_changed = updated.contains(&user_id) || change.resumes();
            if change.ends() {
                self.report.ended += 1;
            } else if is_changed {
                self.report.updated += 1;
            } else {
                self.report.unchanged += 1;
            }
            if updated.contains(&user_id) {
                self.changed.push(user_id);
            }
            if change.ends() || change.demotes() {
                self.disconnected.push(user_id);
            }
        }
    }
}

/// The entries that can be read, each with its place, and the rejected ones. Of two with the same id,
/// the first one counts.
fn read_entries(users: &[Value]) -> (Vec<(usize, Entry)>, Vec<RejectedUser>) {
    let (mut entries, mut rejected) = (Vec::with_capacity(users.len()), Vec::new());
    let mut seen = HashSet::new();
    for (index, user) in users.iter().enumerate() {
        let errors = match parse(user) {
            Ok(entry) if seen.insert(entry.id.clone()) => {
                entries.push((index, entry));
                continue;
            }
            Ok(_) => vec![field_error("id", "is there twice")],
            Err(errors) => errors,
        };
        rejected.push(RejectedUser {
            index,
            id: readable_id(user),
            errors,
        });
    }
    (entries, rejected)
}

async fn set_ended(
    tx: &mut Transaction<'_, Postgres>,
    app_id: AppId,
    changes: &[Change<'_>],
) -> Result<()> {
    let moved = changes.iter().filter(|it| it.ends() || it.resumes());
    let moved = moved.map(|it| (it.known.user_id.0, it.ends()));
    let (ids, ended): (Vec<_>, Vec<_>) = moved.unzip();
    sqlx::query!(
        "update app_users a set ended_at = case when x.ended then clock_timestamp() end
        from unnest($2::bigint[], $3::boolean[]) as x (user_id, ended)
        where a.app_id = $1 and a.user_id = x.user_id",
        app_id.0,
        &ids,
        &ended
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether somebody has taken a username or an address since the update looked.
fn is_unique_violation(error: &Error) -> bool {
    let Error::Internal(cause) = error else {
        return false;
    };
    cause
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error)
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
