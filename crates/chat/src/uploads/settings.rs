//! What an operator sets for files.

use super::file_store::FileStore;

/// Bytes of the largest file, unless the settings say otherwise.
pub const MAX_UPLOAD_BYTES: i64 = 100 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct UploadSettings {
    pub store: FileStore,
    /// Of one file.
    pub max_bytes: i64,
    /// Of all files of a user.
    pub quota_bytes: i64,
    /// Of all files of the server; `None` without a limit.
    pub total_bytes: Option<i64>,
}

impl Default for UploadSettings {
    /// Files in memory, for tests and benchmarks.
    fn default() -> Self {
        Self {
            store: FileStore::in_memory(),
            max_bytes: MAX_UPLOAD_BYTES,
            quota_bytes: 50 * MAX_UPLOAD_BYTES,
            total_bytes: None,
        }
    }
}
