//! The commands `parlance users delete`, `check-deletion` and `export`, over the database, while servers run.

use crate::{
    accounts_command::{AccountsError, find, print_row},
    config::{CheckDeletion, DeleteUser, ExportUser},
    directory::wait_for_bus,
};
use chat::{Caller, Chat, DataExport, Error};
use futures_util::StreamExt;
use model::{MessagesOfDeleted, Trace, UserId};
use std::{io, path::Path, pin::pin};
use tokio::{
    fs::{self, File, OpenOptions},
    io::{AsyncWriteExt, BufWriter},
};

type Result<T> = std::result::Result<T, AccountsError>;

/// Deletes an account, and tells the servers that run. They erase the rest: this process could not tell their clients of it.
pub async fn delete(chat: &Chat, command: &DeleteUser) -> Result<()> {
    wait_for_bus(chat).await;
    let id = find(chat, &command.username).await?;
    let messages = command.messages.parse().unwrap_or_default();
    let deletion = chat
        .delete_account_of(&Caller::OPERATOR, id, messages)
        .await?;
    print_row(command.json, &deletion, || {
        let kept = match deletion.messages {
            MessagesOfDeleted::Keep => "Its messages stay.",
            MessagesOfDeleted::Remove => "Its messages are removed.",
        };
        format!(
            "{} is deleted, and is {} now. {kept}\nA server that runs erases what is left. To see whether it has: parlance \
             users check-deletion {}",
            command.username, deletion.username, deletion.username
        )
    })?;
    Ok(())
}

/// Prints what is left of a deleted account, and why. Returns whether all of it has a reason.
pub async fn check_deletion(chat: &Chat, command: &CheckDeletion) -> Result<bool> {
    let number = command.account.trim_start_matches("deleted-");
    let number = number.split('-').next().unwrap_or_default();
    let unknown = || AccountsError::UnknownUser(command.account.clone());
    let id = UserId(number.parse().map_err(|_| unknown())?);
    let deletion = chat.deletion(&Caller::OPERATOR, id).await;
    let deletion = deletion.map_err(|error| match error {
        Error::NotFound(_) => unknown(),
        other => other.into(),
    })?;
    let traces = chat.traces(&Caller::OPERATOR, id, &command.texts).await?;
    for trace in &traces {
        print_row(command.json, trace, || row(trace))?;
    }
    let is_clean = deletion.finished_at.is_some() && traces.iter().all(|it| it.why.is_some());
    if !command.json {
        let said = match (is_clean, deletion.finished_at) {
            (true, _) => "Nothing is left but what is listed with its reason.",
            (false, None) => "The deletion is not finished: a server that runs erases the rest.",
            (false, Some(_)) => "Something is left that has no reason.",
        };
        print_row(false, &(), || said.to_owned())?;
    }
    Ok(is_clean)
}

fn row(trace: &Trace) -> String {
    let Trace {
        table,
        column,
        rows,
        ..
    } = trace;
    let why = trace.why.unwrap_or("HAS NO REASON TO BE THERE");
    format!("{table}.{column}: {rows}  {why}")
}

pub async fn export(chat: &Chat, command: &ExportUser) -> Result<()> {
    let id = find(chat, &command.username).await?;
    // The file last, so that none stays behind where nothing begins.
    let export = chat.export_data_of(&Caller::OPERATOR, id).await?;
    let file = create(&command.to).await?;
    if let Err(error) = write(file, export).await {
        // A part of it is no ZIP file.
        let _ = fs::remove_file(&command.to).await;
        return Err(error);
    }
    let to = command.to.display();
    print_row(false, &(), || {
        format!("{to} has the data of {}.", command.username)
    })?;
    Ok(())
}

/// A new file that nobody else on the machine reads.
async fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await
}

async fn write(file: File, export: DataExport) -> Result<()> {
    let mut file = BufWriter::new(file);
    let mut bytes = pin!(export.into_stream());
    while let Some(piece) = bytes.next().await {
        file.write_all(&piece?).await?;
    }
    file.flush().await?;
    Ok(file.into_inner().sync_all().await?)
}
