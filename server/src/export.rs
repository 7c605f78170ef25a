//! The command `parlance export`: writes the history of an app as a system of one of the contracts
//! keeps it, in the files that `parlance import` reads.

mod broadcast;
mod conversations;
mod direct;
mod format;
mod groups;
mod load_script;
mod output;
mod rooms;
mod values;

use crate::import::DumpContract;
use chat::{
    Chat,
    exports::{Cursor, Export, ExportPage},
    imports::Members,
};
use clap::Args;
use format::ExportFormat;
use output::Output;
use std::{io, path::PathBuf};

/// What to export, and where to.
#[derive(Clone, Debug, Args)]
pub struct ExportOptions {
    /// The contract in whose form the history is written
    #[arg(value_enum)]
    pub contract: DumpContract,

    /// A folder for the files; it is made, and must be empty if it is there
    pub folder: PathBuf,

    /// The app whose users' conversations these are
    #[arg(long, default_value = chat::DEFAULT_APP)]
    pub app: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Chat(#[from] chat::Error),
    #[error("the folder of the export cannot be written")]
    Io(#[from] io::Error),
    #[error("the folder {} is not empty", .0.display())]
    NotEmpty(PathBuf),
}

/// Writes the files, and prints how many rows each has and what the contract has no place for.
pub async fn run(chat: &Chat, options: &ExportOptions) -> Result<(), ExportError> {
    std::fs::create_dir_all(&options.folder)?;
    if options.folder.read_dir()?.next().is_some() {
        return Err(ExportError::NotEmpty(options.folder.clone()));
    }
    let format = format_of(options.contract);
    let mut export = chat
        .begin_export(&options.app, format.id_kind(), format.kinds())
        .await?;
    let mut output = Output::create(&options.folder, format.files())?;
    write_users(&mut export, format, &mut output).await?;
    write_conversations(&mut export, format, &mut output).await?;
    write_messages(&mut export, format, &mut output).await?;
    write_reads(&mut export, format, &mut output).await?;
    write_ended_members(&mut export, format, &mut output).await?;
    output.lose_many("announcements", export.count_announcements().await?);
    load_script::write(format.load_steps(), &mut output)?;
    output.finish()?;
    print!("{output}");
    Ok(())
}

fn format_of(contract: DumpContract) -> &'static dyn ExportFormat {
    match contract {
        DumpContract::Broadcast => &broadcast::Broadcast,
        DumpContract::Conversations => &conversations::Conversations,
        DumpContract::Groups => &groups::Groups,
        DumpContract::Rooms => &rooms::Rooms,
        DumpContract::Direct => &direct::Direct,
    }
}

/// Writes the items of all pages that a verb of the export returns.
async fn for_each<T>(
    export: &mut Export,
    mut next_page: impl AsyncFnMut(&mut Export, Option<Cursor>) -> chat::Result<ExportPage<T>>,
    mut write: impl FnMut(&T) -> std::io::Result<()>,
) -> Result<(), ExportError> {
    let mut after = None;
    loop {
        let page = next_page(export, after).await?;
        page.items.iter().try_for_each(&mut write)?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn write_users(
    export: &mut Export,
    format: &dyn ExportFormat,
    output: &mut Output,
) -> Result<(), ExportError> {
    for_each(export, Export::users, |user| {
        format.write_user(user, output)
    })
    .await
}

/// Both lists are in the order of the conversations.
async fn write_conversations(
    export: &mut Export,
    format: &dyn ExportFormat,
    output: &mut Output,
) -> Result<(), ExportError> {
    let mut after = None;
    let mut members = export.members(None).await?;
    members.items.reverse();
    loop {
        let page = export.conversations(after).await?;
        for conversation in &page.items {
            let list = next_members(export, &mut members).await?;
            let list = list.filter(|it| it.conversation == conversation.conversation.id);
            let list = list.map(|it| it.members).unwrap_or_default();
            format.write_conversation(conversation, &list, output)?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Takes from the end of the page, which is in reverse.
async fn next_members(
    export: &mut Export,
    page: &mut ExportPage<Members>,
) -> Result<Option<Members>, ExportError> {
    loop {
        if let Some(members) = page.items.pop() {
            return Ok(Some(members));
        }
        if page.next.is_none() {
            return Ok(None);
        }
        *page = export.members(page.next).await?;
        page.items.reverse();
    }
}

async fn write_messages(
    export: &mut Export,
    format: &dyn ExportFormat,
    output: &mut Output,
) -> Result<(), ExportError> {
    for_each(export, Export::messages, |message| {
        if message.is_poll {
            output.lose("polls, which are texts in it, without who has voted");
        }
        output.lose_many("previews of links", message.link_previews);
        format.write_message(message, output)
    })
    .await?;
    for_each(export, Export::reactions, |reaction| {
        format.write_reaction(reaction, output)
    })
    .await
}

async fn write_reads(
    export: &mut Export,
    format: &dyn ExportFormat,
    output: &mut Output,
) -> Result<(), ExportError> {
    for_each(export, Export::read_states, |state| {
        format.write_read(state, output)
    })
    .await
}

async fn write_ended_members(
    export: &mut Export,
    format: &dyn ExportFormat,
    output: &mut Output,
) -> Result<(), ExportError> {
    for_each(export, Export::ended_members, |(conversation, user)| {
        format.write_ended_member(conversation, user, output)
    })
    .await
}
