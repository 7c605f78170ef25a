//! How many exports a node makes at once.

use crate::error::{Error, Result};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Exports that a node makes at once. Each holds a connection to the database for minutes, of a pool of some ten. Further
/// ones are refused.
const MAX_EXPORTS: usize = 2;

/// Exports that an account may begin within a day.
pub const EXPORTS_PER_DAY: i64 = 3;

pub type ExportTurns = Arc<Semaphore>;

pub fn export_turns() -> ExportTurns {
    Arc::new(Semaphore::new(MAX_EXPORTS))
}

/// # Errors
/// `Overloaded` when there is none.
pub fn take_turn(turns: &ExportTurns) -> Result<OwnedSemaphorePermit> {
    Arc::clone(turns)
        .try_acquire_owned()
        .map_err(|_| Error::Overloaded)
}
