//! The command `parlance import`: takes the users and the history of a system of one of the contracts
//! from a dump. `docs/importing.md` says how to make one, and what is taken.

mod batch;
mod broadcast;
mod conversations;
mod direct;
mod error;
mod extended_json;
mod external_sort;
mod format;
mod groups;
mod messages;
mod misfits;
mod people;
mod pipeline;
mod progress;
mod read_states;
mod record;
mod report;
mod rooms;
mod row;
mod source;
mod unread_messages;

pub use error::ImportError;

use chat::{Chat, imports::MAX_BATCH};
use clap::{Args, ValueEnum};
use format::Format;
use pipeline::Pipeline;
use report::Report;
use source::{Source, SourceError};
use std::path::PathBuf;

/// What to import, and how.
#[derive(Clone, Debug, Args)]
pub struct ImportOptions {
    /// The contract whose system made the dump
    #[arg(value_enum)]
    pub contract: DumpContract,

    /// A folder with a file for each table or collection, or the URL of a Postgres
    pub source: String,

    /// The app whose users these are
    #[arg(long, default_value = chat::DEFAULT_APP)]
    pub app: String,

    /// Make the app if there is none of this name, and the settings have none
    #[arg(long)]
    pub new_app: bool,

    /// Report what would be taken, and take nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Rows that are written at once
    #[arg(long, default_value_t = 2000, value_parser = parse_batch)]
    pub batch: usize,

    /// Make administrators of those whom the dump calls administrators
    #[arg(long)]
    pub admins: bool,

    /// A file for the report as JSON, with every row that was left
    #[arg(long)]
    pub report: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DumpContract {
    Broadcast,
    Conversations,
    Groups,
    Rooms,
    Direct,
}

/// Imports a dump, prints the report, and says whether every row was taken.
pub async fn run(chat: &Chat, options: &ImportOptions) -> Result<bool, ImportError> {
    let source = Source::open(&options.source).await?;
    let report = Report::new(options.report.as_deref())?;
    let mut pipeline = Pipeline::new(options.contract.format(), source, report);
    pipeline.batch = options.batch;
    pipeline.takes_admins = options.admins;
    let result = run_steps(&mut pipeline, chat, options).await;
    let report = &mut pipeline.report;
    report.finish()?;
    print!("{report}");
    if options.dry_run && result.is_ok() {
        println!("\nNothing was written: this was a dry run.");
    }
    result?;
    Ok(report.is_complete())
}

/// Runs the steps in the order in which the verbs need the rows.
async fn run_steps(
    pipeline: &mut Pipeline,
    chat: &Chat,
    options: &ImportOptions,
) -> Result<(), ImportError> {
    pipeline.stop_on_interrupt();
    let tables = pipeline.format.tables();
    if pipeline.source.find(tables.conversations).is_none()
        && pipeline.source.find(tables.messages).is_none()
    {
        let names = format!("{} nor {}", tables.conversations[0], tables.messages[0]);
        return Err(SourceError::NoTable(names).into());
    }
    // Before the import begins, so that no transaction waits for it.
    let messages = pipeline.sort_messages().await?;
    check_app(chat, options).await?;
    let mut import = chat.begin_import(&options.app, options.dry_run).await?;
    pipeline.import_users(&mut import).await?;
    let read_times = pipeline
        .import_conversations(&mut import, messages.newest)
        .await?;
    pipeline.import_messages(&mut import, messages).await?;
    pipeline.import_side_tables(&mut import).await?;
    pipeline.import_read_states(&mut import, read_times).await?;
    pipeline.count_what_is_left().await?;
    pipeline.progress.end();
    Ok(())
}

/// A name that is a mistake would be an app for ever.
async fn check_app(chat: &Chat, options: &ImportOptions) -> Result<(), ImportError> {
    let known = chat.app_names().await?;
    let is_first = known.is_empty() && options.app == chat::DEFAULT_APP;
    if options.new_app || is_first || known.contains(&options.app) {
        return Ok(());
    }
    let known = if known.is_empty() {
        chat::DEFAULT_APP.to_owned()
    } else {
        known.join(", ")
    };
    Err(ImportError::UnknownApp {
        name: options.app.clone(),
        known,
    })
}

impl DumpContract {
    fn format(self) -> &'static dyn Format {
        match self {
            Self::Broadcast => &broadcast::Broadcast,
            Self::Conversations => &conversations::Conversations,
            Self::Groups => &groups::Groups,
            Self::Rooms => &rooms::Rooms,
            Self::Direct => &direct::Direct,
        }
    }
}

fn parse_batch(text: &str) -> Result<usize, String> {
    let rows = text
        .parse()
        .ok()
        .filter(|rows| (1..=MAX_BATCH).contains(rows));
    rows.ok_or_else(|| format!("must be a number from 1 to {MAX_BATCH}"))
}
