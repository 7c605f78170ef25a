//! The commands `parlance users`: the directory of an app, from a file and to standard output.

mod csv;
mod source;

use crate::config::ImportUsers;
use chat::{Caller, Chat, ExternalId, MAX_DIRECTORY_USERS};
use model::{AppUser, DirectoryReport, PageRequest};
use serde_json::{Value, json};
use source::{Row, Source, SourceError};
use std::{
    collections::HashSet,
    fmt,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// How long an import waits for Redis, over which it tells the nodes that run. Without it, they notice
/// within a minute.
const BUS_TIMEOUT: Duration = Duration::from_secs(5);

/// Rejected entries that are printed; the others are counted only.
const MAX_PRINTED: usize = 1_000;

/// Users that one page of a list has.
const PAGE: i64 = 100;

#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("there is no app {0:?}: neither the configuration nor a token has named it")]
    UnknownApp(String),
    #[error("{0}")]
    Chat(chat::Error),
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
    #[error(
        "nobody was ended: {missing} of the app's {active} users are not in the file; with --yes they \
        are ended"
    )]
    TooManyMissing { missing: usize, active: usize },
    #[error("nobody was ended: {0} entries have no id that can be read")]
    UnknownIds(usize),
}

/// The outcome of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub users: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub ended: u64,
    pub rejected: usize,
}

/// Takes the users of the file into the app, and prints the rejected entries to standard error.
pub async fn import(chat: &Chat, command: &ImportUsers) -> Result<Imported, DirectoryError> {
    wait_for_bus(chat).await;
    let mut import = Import {
        chat,
        command,
        source: Source::open(&command.file)?,
        imported: Imported::default(),
        seen: HashSet::new(),
        unknown_ids: 0,
        printed: 0,
        start: Instant::now(),
    };
    import.update_all().await?;
    if command.end_missing {
        import.end_missing().await?;
    }
    Ok(import.imported)
}

/// Prints the users of the app, one JSON object a line.
pub async fn list(chat: &Chat, app: &str) -> Result<(), DirectoryError> {
    let mut users = Users::of(chat, app);
    let mut out = io::stdout().lock();
    while let Some(page) = users.next().await? {
        for user in page {
            let user = serde_json::to_string(&user).map_err(io::Error::other)?;
            match writeln!(out, "{user}") {
                // Whoever reads has enough, as `head` has.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written?,
            }
        }
    }
    Ok(())
}

struct Import<'a> {
    chat: &'a Chat,
    command: &'a ImportUsers,
    source: Source,
    imported: Imported,
    /// The ids of the file, by which their spelling does not matter.
    seen: HashSet<String>,
    /// Entries of which nobody knows whom they are about.
    unknown_ids: usize,
    printed: usize,
    start: Instant,
}

impl Import<'_> {
    async fn update_all(&mut self) -> Result<(), DirectoryError> {
        loop {
            let rows = self.source.next_rows(MAX_DIRECTORY_USERS)?;
            if rows.is_empty() {
                break;
            }
            self.update(rows).await?;
            self.show_progress();
        }
        if io::stderr().is_terminal() {
            eprintln!();
        }
        Ok(())
    }

    async fn update(&mut self, rows: Vec<Row>) -> Result<(), DirectoryError> {
        self.imported.users += rows.len() as u64;
        let (mut lines, mut entries) = (Vec::new(), Vec::new());
        for Row { line, entry } in rows {
            let entry = match entry {
                Ok(entry) => entry,
                Err(reason) => {
                    self.unknown_ids += 1;
                    self.reject(line, None, &reason);
                    continue;
                }
            };
            match id_text(&entry) {
                Some(id) if !self.seen.insert(key(&id)) => {
                    self.reject(line, Some(&id), "id is there twice");
                }
                id => {
                    self.unknown_ids += usize::from(id.is_none());
                    lines.push(line);
                    entries.push(entry);
                }
            }
        }
        let report = self.send(&entries).await?;
        for rejected in &report.rejected {
            let errors = rejected.errors.iter();
            let errors: Vec<_> = errors
                .map(|it| format!("{} {}", it.field, it.reason))
                .collect();
            let line = lines.get(rejected.index).copied().unwrap_or_default();
            self.reject(line, rejected.id.as_deref(), &errors.join("; "));
        }
        Ok(())
    }

    async fn send(&mut self, entries: &[Value]) -> Result<DirectoryReport, DirectoryError> {
        let (app, is_dry_run) = (&self.command.app, self.command.dry_run);
        let update = self
            .chat
            .update_app_users(&Caller::OPERATOR, app, entries, is_dry_run);
        let report = update.await.map_err(|error| failure(error, app))?;
        self.imported.created += report.created;
        self.imported.updated += report.updated;
        self.imported.unchanged += report.unchanged;
        self.imported.ended += report.ended;
        Ok(report)
    }

    fn reject(&mut self, line: usize, id: Option<&str>, reason: &str) {
        self.imported.rejected += 1;
        self.printed += 1;
        match self.printed {
            ..=MAX_PRINTED => {
                let id = id.map(|id| format!(" (id {id})")).unwrap_or_default();
                eprintln!("line {line}{id}: {reason}");
            }
            n if n == MAX_PRINTED + 1 => eprintln!("further rejected entries are not printed"),
            _ => {}
        }
    }

    /// Ends the users who are not in the file. Somebody whose first token came after the file was
    /// written is not missing, but new.
    async fn end_missing(&mut self) -> Result<(), DirectoryError> {
        if self.unknown_ids > 0 {
            return Err(DirectoryError::UnknownIds(self.unknown_ids));
        }
        let written_at = self.source.written_at();
        let (mut missing, mut active) = (Vec::new(), 0);
        let mut users = Users::of(self.chat, &self.command.app);
        while let Some(page) = users.next().await? {
            for user in page.into_iter().filter(|it| it.ended_at.is_none()) {
                active += 1;
                let is_new = user.first_token_at.is_some_and(|it| it >= written_at);
                if !is_new && !self.seen.contains(&key(&user.id)) {
                    missing.push(json!({ "id": user.id, "active": false }));
                }
            }
        }
        if missing.len() * 2 > active && !self.command.yes {
            let missing = missing.len();
            return Err(DirectoryError::TooManyMissing { missing, active });
        }
        for entries in missing.chunks(MAX_DIRECTORY_USERS) {
            self.send(entries).await?;
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn show_progress(&self) {
        if io::stderr().is_terminal() {
            let users = self.imported.users;
            let rate = users as f64 / self.start.elapsed().as_secs_f64().max(0.001);
            eprint!("\r{users} users, {rate:.0} a second ");
        }
    }
}

/// The users of an app, page by page.
struct Users<'a> {
    chat: &'a Chat,
    app: &'a str,
    cursor: Option<String>,
    is_done: bool,
}

impl<'a> Users<'a> {
    fn of(chat: &'a Chat, app: &'a str) -> Self {
        Self {
            chat,
            app,
            cursor: None,
            is_done: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<AppUser>>, DirectoryError> {
        if self.is_done {
            return Ok(None);
        }
        let page = PageRequest {
            limit: Some(PAGE),
            cursor: self.cursor.take(),
        };
        let users = self.chat.app_users(&Caller::OPERATOR, self.app, page);
        let page = users.await.map_err(|error| failure(error, self.app))?;
        self.is_done = page.next_cursor.is_none();
        self.cursor = page.next_cursor;
        Ok(Some(page.items))
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejected = self.rejected as u64;
        for (what, count) in [
            ("read", self.users),
            ("created", self.created),
            ("updated", self.updated),
            ("unchanged", self.unchanged),
            ("ended", self.ended),
            ("rejected", rejected),
        ] {
            writeln!(f, "{what:<10}{count:>10}")?;
        }
        Ok(())
    }
}

/// An entry's id as the app's text.
fn id_text(entry: &Value) -> Option<String> {
    match entry.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) if !id.is_f64() => Some(id.to_string()),
        _ => None,
    }
}

/// What all spellings of an id share. A text that can be no id is its own.
fn key(id: &str) -> String {
    let parsed = ExternalId::parse(id);
    parsed.map_or_else(|| id.to_owned(), |id| id.key().into_owned())
}

fn failure(error: chat::Error, app: &str) -> DirectoryError {
    match error {
        chat::Error::NotFound("app") => DirectoryError::UnknownApp(app.to_owned()),
        chat::Error::Internal(cause) => DirectoryError::Write(io::Error::other(cause)),
        other => DirectoryError::Chat(other),
    }
}

/// Waits for Redis, so that the servers that run are told what a command changes.
pub(crate) async fn wait_for_bus(chat: &Chat) {
    let end = Instant::now() + BUS_TIMEOUT;
    while chat.bus().is_some_and(|bus| !bus.is_up) {
        if Instant::now() > end {
            tracing::warn!("Redis does not answer: the nodes notice within a minute what changes");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
