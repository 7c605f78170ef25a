//! What a node holds for uploads.

use super::settings::UploadSettings;
use tokio::sync::Semaphore;

/// Uploads that are received at once on a node. Each has one piece in memory.
const MAX_RECEIVING: usize = 128;

pub struct Uploads {
    pub settings: UploadSettings,
    pub receiving: Semaphore,
}

impl Uploads {
    pub fn new(settings: UploadSettings) -> Self {
        Self {
            settings,
            receiving: Semaphore::new(MAX_RECEIVING),
        }
    }
}
