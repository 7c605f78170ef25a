//! Imports: the history of another system, in batches.

mod outcome;
mod records;

pub use outcome::{Note, Outcome};
pub use records::*;

use crate::{Chat, Error, Result};
use model::AppId;
use sqlx::{Postgres, Transaction};

/// An import into one app. Its verbs take up to `MAX_BATCH` rows each, and write them in one transaction:
/// an interrupted import has written all of a batch or nothing. A row that is there already is found by
/// its id, so the same rows may come again: after an interruption, or with what has changed since.
///
/// A server may run meanwhile. Its clients learn of what was imported into conversations that they know
/// when they next connect or synchronise.
pub struct Import {
    chat: Chat,
    app_id: AppId,
    dry_run: Option<Transaction<'static, Postgres>>,
}
