//! Imports: the history of another system, in batches.

mod attachments;
mod batch;
mod conversation_refs;
mod conversations;
mod extras;
mod ids;
mod imported;
mod known_messages;
mod members;
mod message_check;
mod message_plan;
mod message_writes;
mod messages;
mod outcome;
mod people;
mod read_states;
mod reads;
mod records;
mod spelling;
mod users;

pub use outcome::{Note, Outcome};
pub use records::*;

use crate::{Caller, Chat, Error, Result, audit::NewEntry};
use batch::Batch;
use model::{AppId, AuditAction};
use sqlx::{Postgres, Transaction};

/// Times that a batch is tried when it meets another transaction: a deadlock, or a row that was written
/// between the look-up and the insert.
const MAX_ATTEMPTS: u32 = 3;

/// An import into one app. Its verbs take up to `MAX_BATCH` rows each, and write them in one transaction:
/// an interrupted import has written all of a batch or nothing. A row that is there already is found by
/// its id, so the same rows may come again: after an interruption, or with what has changed since.
///
/// A server may run meanwhile, but nothing is announced to it. Its clients learn of what was imported when
/// they next connect or synchronise, and somebody whose membership ends here goes on receiving the
/// conversation on the sockets that they have open. So an import belongs before the day on which the app
/// comes here, or between two starts of the server.
pub struct Import {
    chat: Chat,
    app_id: AppId,
    is_dry_run: bool,
    /// The transaction of a dry run: every batch sees the earlier ones, and none is committed.
    uncommitted: Option<Transaction<'static, Postgres>>,
}

impl Chat {
    /// Begins an import into the app of this name, which is created if there is none.
    ///
    /// A dry run does everything in one transaction that is never committed. While it runs, nobody can
    /// write to the conversations that it changes.
    ///
    /// # Errors
    /// `Invalid` for what is no name of an app.
    pub async fn begin_import(&self, app: &str, is_dry_run: bool) -> Result<Import> {
        let mut import = Import {
            chat: self.clone(),
            app_id: AppId(0),
            is_dry_run,
            uncommitted: None,
        };
        if !is_dry_run {
            NewEntry::by(&Caller::OPERATOR, AuditAction::HistoryImported)
                .with("app", app)
                .write(&self.0.db)
                .await?;
        }
        // The configuration goes first: another app's row may have the name.
        if self.0.keys.app_names().any(|it| it == app) {
            import.app_id = self.require_app(app).await?;
            return Ok(import);
        }
        let mut tx = import.begin().await?;
        import.app_id = find_or_create_app(&mut tx, app).await?;
        import.end(tx).await?;
        Ok(import)
    }
}

impl Chat {
    /// The names of the apps that there are or that the configuration has, sorted.
    pub async fn app_names(&self) -> Result<Vec<String>> {
        let mut names = sqlx::query_scalar!("select name from apps order by name limit 1000")
            .fetch_all(&self.0.db)
            .await?;
        names.extend(self.0.keys.app_names().map(str::to_owned));
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

impl Import {
    pub fn app_id(&self) -> AppId {
        self.app_id
    }

    pub async fn import_users(&mut self, rows: &[User]) -> Result<Outcome> {
        self.run(rows, async |batch| users::import(batch, rows).await)
            .await
    }

    pub async fn import_conversations(&mut self, rows: &[Conversation]) -> Result<Outcome> {
        self.run(rows, async |batch| conversations::import(batch, rows).await)
            .await
    }

    /// `Outcome` counts members, not lists.
    pub async fn import_members(&mut self, rows: &[Members]) -> Result<Outcome> {
        self.run(rows, async |batch| members::import(batch, rows).await)
            .await
    }

    pub async fn import_messages(&mut self, rows: &[Message]) -> Result<Outcome> {
        self.run(rows, async |batch| messages::import(batch, rows).await)
            .await
    }

    pub async fn import_attachments(&mut self, rows: &[MessageAttachment]) -> Result<Outcome> {
        self.run(rows, async |batch| {
            extras::import_attachments(batch, rows).await
        })
        .await
    }

    pub async fn import_reactions(&mut self, rows: &[Reaction]) -> Result<Outcome> {
        self.run(rows, async |batch| {
            extras::import_reactions(batch, rows).await
        })
        .await
    }

    pub async fn import_read_states(&mut self, rows: &[ReadState]) -> Result<Outcome> {
        self.run(rows, async |batch| read_states::import(batch, rows).await)
            .await
    }

    /// Runs the work in one transaction, which is committed unless this is a dry run.
    async fn run<T>(
        &mut self,
        rows: &[T],
        work: impl AsyncFn(&mut Batch<'_>) -> Result<Outcome>,
    ) -> Result<Outcome> {
        if rows.len() > MAX_BATCH {
            return Err(Error::invalid("rows", "must be at most 5000"));
        }
        let mut attempt = 1;
        loop {
            let mut tx = self.begin().await?;
            let mut batch = Batch {
                db: &mut tx,
                app_id: self.app_id,
                outcome: Outcome::default(),
            };
            match work(&mut batch).await {
                Ok(outcome) => {
                    self.end(tx).await?;
                    return Ok(outcome);
                }
                // The batches before it are lost with the transaction of a dry run.
                Err(error)
                    if is_collision(&error) && attempt < MAX_ATTEMPTS && !self.is_dry_run =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn begin(&mut self) -> Result<Transaction<'static, Postgres>> {
        if let Some(tx) = self.uncommitted.take() {
            return Ok(tx);
        }
        let mut tx = self.chat.begin().await?;
        // What a crash of the database loses, the next run of the import brings again.
        sqlx::raw_sql(
            "set local synchronous_commit = off; set local statement_timeout = '5min';
            set local lock_timeout = '1min'; set local idle_in_transaction_session_timeout = '5min';
            set local plan_cache_mode = force_custom_plan",
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx)
    }

    async fn end(&mut self, tx: Transaction<'static, Postgres>) -> Result<()> {
        if self.is_dry_run {
            self.uncommitted = Some(tx);
            return Ok(());
        }
        Ok(tx.commit().await?)
    }
}

async fn find_or_create_app(db: &mut sqlx::PgConnection, name: &str) -> Result<AppId> {
    let is_name = (1..=32).contains(&name.len())
        && !name.starts_with('-')
        && name
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    if !is_name {
        let reason = "must have 1 to 32 of a-z, 0-9 and hyphen, beginning with a letter or digit";
        return Err(Error::invalid("app", reason));
    }
    sqlx::query!(
        "insert into apps (name, configured_as) values ($1, $1) on conflict (name) do nothing",
        name
    )
    .execute(&mut *db)
    .await?;
    let id = sqlx::query_scalar!("select id from apps where name = $1", name)
        .fetch_one(db)
        .await?;
    Ok(AppId(id))
}

/// Returns whether the transaction has met another one, so that it may succeed when it is repeated:
/// `unique_violation`, `deadlock_detected`, `serialization_failure`.
fn is_collision(error: &Error) -> bool {
    let Error::Internal(cause) = error else {
        return false;
    };
    cause
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error)
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| ["23505", "40P01", "40001"].contains(&code.as_ref()))
}
