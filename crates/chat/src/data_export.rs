//! Exports of personal data: all that the server has of a user, as a ZIP that a person and a program can read. What others
//! have written is theirs and not in it, and no secret is. (`exports` is another thing: the history of an app, for another
//! chat server.)

mod archive;
mod files;
mod index_page;
mod layout;
mod names;
mod own_messages;
mod sections;
pub(crate) mod state;

pub use state::EXPORTS_PER_DAY;

use crate::{Caller, Chat, Client, Error, Result, audit::NewEntry};
use archive::Archive;
use bytes::Bytes;
use futures_util::{Stream, stream};
use model::{AuditAction, OwnExport, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{sleep, timeout},
};

/// How long the tables are read: one snapshot, which holds back the cleaning of the database. A client that takes longer
/// gets no whole file.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_mins(10);

/// How long an export takes with its files.
const EXPORT_TIMEOUT: Duration = Duration::from_hours(3);

/// How long a browser has from the form to the file.
const TICKET_LIFETIME: time::Duration = time::Duration::MINUTE;

/// Pieces of the file that wait for the client, of some 64 KiB each.
const MAX_WAITING_PIECES: usize = 4;

/// From one look whether whoever reads an export still may, to the next.
const READER_INTERVAL: Duration = Duration::from_secs(10);

const ASK_ONCE_MORE: Error = Error::NotFound("file: ask for it once more");

/// An export that has begun, whose bytes are made as they are taken. It ends when it is dropped.
pub struct DataExport {
    pub username: String,
    pieces: mpsc::Receiver<Result<Bytes>>,
}

/// For whom a browser may fetch an export.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Ticket {
    /// So that no other sealed value is taken for one.
    data_export_of: UserId,
    session: Option<SessionId>,
    /// The number of the export, which is opened once.
    export: i64,
}

impl Ticket {
    fn of(caller: &Caller, export: i64) -> Self {
        Self {
            data_export_of: caller.user_id,
            session: caller.session_id,
            export,
        }
    }
}

impl DataExport {
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        stream::unfold(self.pieces, async |mut pieces| {
            let piece = pieces.recv().await?;
            Some((piece, pieces))
        })
    }
}

impl Chat {
    /// Begins an export of what the server has of the caller, after a proof that they are the owner of the account.
    ///
    /// # Errors
    /// Those of `prove_person`; `TooManyRequests` beyond `EXPORTS_PER_DAY`; `Overloaded` while this node makes as many as it
    /// can, which is not counted.
    pub async fn begin_data_export(
        &self,
        caller: &Caller,
        proof: OwnExport,
        client: &Client,
    ) -> Result<DataExport> {
        caller.require_person()?;
        let turn = state::take_turn(&self.0.data_exports)?;
        self.prove_person(caller, proof.into(), client)
            .await?
            .commit()
            .await?;
        self.count_data_export(caller, true).await?;
        self.export_data(caller.user_id, Some(*caller), turn).await
    }

    /// As `begin_data_export`, for a browser that gets the file at another address: a ticket for it, which is good for a
    /// minute, once, and for the caller alone.
    pub async fn data_export_ticket(
        &self,
        caller: &Caller,
        proof: OwnExport,
        client: &Client,
    ) -> Result<String> {
        caller.require_person()?;
        // While there is none, nothing is counted, and no code is used up.
        drop(state::take_turn(&self.0.data_exports)?);
        self.prove_person(caller, proof.into(), client)
            .await?
            .commit()
            .await?;
        let export = self.count_data_export(caller, false).await?;
        self.seal(Ticket::of(caller, export), TICKET_LIFETIME)
    }

    /// As `begin_data_export`, with a ticket.
    ///
    /// # Errors
    /// `NotFound` for a ticket that is not the caller's, or too old, or used; `Overloaded`, after which the ticket is still
    /// good.
    pub async fn open_data_export(&self, caller: &Caller, ticket: &str) -> Result<DataExport> {
        caller.require_person()?;
        let ticket = self.open_sealed::<Ticket>(ticket);
        let ticket = ticket.filter(|it| *it == Ticket::of(caller, it.export));
        let ticket = ticket.ok_or(ASK_ONCE_MORE)?;
        let turn = state::take_turn(&self.0.data_exports)?;
        let opened = sqlx::query!(
            "update data_exports set opened_at = clock_timestamp()
            where id = $1 and user_id = $2 and opened_at is null",
            ticket.export,
            caller.user_id.0
        )
        .execute(&self.0.db)
        .await?;
        if opened.rows_affected() == 0 {
            return Err(ASK_ONCE_MORE);
        }
        self.export_data(caller.user_id, Some(*caller), turn).await
    }

    /// The same of somebody, for the operator alone: an administrator would read direct conversations of others, whom
    /// nobody has asked. Whoever has the database can anyway.
    ///
    /// # Errors
    /// `Forbidden` for others than the operator.
    pub async fn export_data_of(&self, caller: &Caller, id: UserId) -> Result<DataExport> {
        if *caller != Caller::OPERATOR {
            return Err(Error::Forbidden(
                "This is for the operator, by the command.",
            ));
        }
        let turn = state::take_turn(&self.0.data_exports)?;
        NewEntry::by(caller, AuditAction::DataOfUserExported)
            .on(id)
            .write(&self.0.db)
            .await?;
        self.export_data(id, None, turn).await
    }

    /// `reader`: who reads their own export; it ends with their session and their account.
    async fn export_data(
        &self,
        id: UserId,
        reader: Option<Caller>,
        turn: OwnedSemaphorePermit,
    ) -> Result<DataExport> {
        let username = self.find_user(id).await?.username;
        let (pieces, taken) = mpsc::channel(MAX_WAITING_PIECES);
        let chat = self.clone();
        tokio::spawn(async move {
            // The future has the buffers of the archive: on the heap.
            let writing = Box::pin(chat.write_export(id, pieces.clone()));
            let written = tokio::select! {
                written = timeout(EXPORT_TIMEOUT, writing) => {
                    written.unwrap_or_else(|late| Err(Error::internal(late)))
                }
                () = chat.until_shut_out(reader) => Err(Error::internal("whoever reads it may no more")),
            };
            // The next one does not wait until this client takes the error.
            drop(turn);
            let Err(error) = written else { return };
            if pieces.is_closed() {
                tracing::debug!(user = %id, "whoever asked for an export has gone");
            } else {
                tracing::warn!(user = %id, %error, "an export of personal data was broken off");
                // The client sees a file that was cut.
                let _ = pieces.send(Err(error)).await;
            }
        });
        Ok(DataExport {
            username,
            pieces: taken,
        })
    }

    /// Waits until somebody may not read their export any more: the session has ended, the account was blocked or deleted.
    async fn until_shut_out(&self, reader: Option<Caller>) {
        let Some(reader) = reader else {
            return std::future::pending().await;
        };
        loop {
            sleep(READER_INTERVAL).await;
            // The database may be away for a moment.
            if let Ok(roles) = self.audit_callers(&[reader]).await
                && roles.iter().all(Option::is_none)
            {
                return;
            }
        }
    }

    async fn write_export(&self, id: UserId, to: mpsc::Sender<Result<Bytes>>) -> Result<()> {
        let mut archive = Archive::new(to);
        let tables = timeout(SNAPSHOT_TIMEOUT, self.write_tables(id, &mut archive)).await;
        let files = tables.map_err(Error::internal)??;
        self.write_picture(id, &mut archive).await?;
        self.write_files(&files, &mut archive).await?;
        archive.finish().await
    }

    /// Everything that is in tables, as of one moment. Returns the files that are to follow.
    async fn write_tables(
        &self,
        id: UserId,
        archive: &mut Archive,
    ) -> Result<Vec<crate::uploads::Content>> {
        let mut db = self.snapshot().await?;
        // It waits for the client between two queries, and within one.
        sqlx::raw_sql(
            "set local idle_in_transaction_session_timeout = '5min'; set local statement_timeout = '10min'",
        )
        .execute(&mut *db)
        .await?;
        let own = own_messages::find(&mut db, id).await?;
        let files = self.own_files(&mut db, id).await?;
        index_page::write(&mut db, id, &own, archive).await?;
        sections::write(&mut db, id, archive).await?;
        own_messages::write(&mut db, id, &own, archive).await?;
        db.commit().await?;
        Ok(files)
    }

    /// Returns the number of the export. `is_opened`: no ticket opens it.
    async fn count_data_export(&self, caller: &Caller, is_opened: bool) -> Result<i64> {
        let id = caller.user_id;
        let mut tx = self.begin().await?;
        // One after another, so that those at the same time are counted, too.
        sqlx::query!("select from users where id = $1 for no key update", id.0)
            .execute(&mut *tx)
            .await?;
        let next_in = sqlx::query_scalar!(
            "with old as (
                delete from data_exports where user_id = $1 and started_at < now() - interval '24 hours'
            )
            select extract(epoch from started_at + interval '24 hours' - now())::float8
            from data_exports
            where user_id = $1 and started_at >= now() - interval '24 hours'
            order by started_at desc offset $2::bigint - 1 limit 1",
            id.0,
            EXPORTS_PER_DAY
        )
        .fetch_optional(&mut *tx)
        .await?
        .flatten();
        if let Some(seconds) = next_in {
            return Err(Error::TooManyRequests {
                of: "exports of your data",
                retry_after: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
            });
        }
        let export = sqlx::query_scalar!(
            "insert into data_exports (user_id, opened_at)
            values ($1, case when $2 then clock_timestamp() end) returning id",
            id.0,
            is_opened
        )
        .fetch_one(&mut *tx)
        .await?;
        let entry = NewEntry::by(caller, AuditAction::DataExported);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        Ok(export)
    }
}
