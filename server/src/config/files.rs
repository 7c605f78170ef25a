//! The settings of files: where they are, and how many there may be.

use chat::{FileStore, S3Address, UploadSettings};
use clap::Args;
use std::{
    io,
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("the folder of files {path} cannot be used: {cause}")]
    Folder { path: PathBuf, cause: io::Error },
    #[error("S3_URL cannot be used: {0}")]
    Bucket(String),
}

#[derive(Clone, Debug, Args)]
pub struct FileSettings {
    /// Bytes of the largest file that users may send
    #[arg(long, env, default_value_t = chat::MAX_UPLOAD_BYTES, value_parser = clap::value_parser!(i64).range(1..))]
    pub upload_max_bytes: i64,

    /// Bytes of all files of a user
    #[arg(long, env, default_value_t = 50 * chat::MAX_UPLOAD_BYTES, value_parser = clap::value_parser!(i64).range(0..))]
    pub upload_quota_bytes: i64,

    /// Bytes of all files of all users; 0 sets no limit
    #[arg(long, env, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    pub upload_total_bytes: i64,

    /// Bucket of S3 for the files: `s3://bucket/folder?endpoint=https://minio.example.org:9000&region=eu-central-1`. Its key
    /// is in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or is that of the machine's role. Unset, files are below the
    /// data folder
    #[arg(long, env, hide_env_values = true)]
    pub s3_url: Option<S3Address>,
}

impl FileSettings {
    /// Files are in memory: a server that keeps them takes `store`.
    pub(super) fn upload_settings(&self) -> UploadSettings {
        UploadSettings {
            max_bytes: self.upload_max_bytes,
            quota_bytes: self.upload_quota_bytes,
            total_bytes: Some(self.upload_total_bytes).filter(|it| *it > 0),
            ..UploadSettings::default()
        }
    }

    /// Where the files of users are. A folder is created; of a bucket nothing is asked yet.
    pub(super) fn store(&self, data_dir: &Path) -> Result<FileStore, FilesError> {
        if let Some(address) = &self.s3_url {
            return FileStore::in_bucket(address, None).map_err(FilesError::Bucket);
        }
        let path = data_dir.join("uploads");
        FileStore::below(&path).map_err(|cause| FilesError::Folder { path, cause })
    }
}
