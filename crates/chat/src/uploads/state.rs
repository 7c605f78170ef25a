//! What a node holds for uploads.

use super::{settings::UploadSettings, turns::ReceivingTurns};
use tokio::sync::Semaphore;

/// Pieces that are written at once. Each holds a connection to the database.
const MAX_WRITING: usize = 4;

/// Uploads that are looked at at once. Each holds a connection to the database, and a picture two pieces in memory.
const MAX_FINISHING: usize = 2;

pub struct Uploads {
    pub settings: UploadSettings,
    pub receiving: ReceivingTurns,
    pub writing: Semaphore,
    pub finishing: Semaphore,
}

impl Uploads {
    pub fn new(settings: UploadSettings) -> Self {
        Self {
            settings,
            receiving: ReceivingTurns::default(),
            writing: Semaphore::new(MAX_WRITING),
            finishing: Semaphore::new(MAX_FINISHING),
        }
    }
}
