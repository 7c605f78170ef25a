//! Uploads of the files that wait to be sent, over tus 1.0: in pieces, and on from where one stopped. The chunk of
//! files has all of it. A file is in this browser until its message is sent (`kept_files.rs`), so that an upload
//! goes on after the page was loaded anew.

mod kept_files;
pub mod object;
mod outgoing_file;
mod page_lock;
mod requests;
mod transfer;
mod transfers;
mod trays;

use super::{ChatClient, browser};
use crate::ui::chunk;

pub use outgoing_file::{MAX_FILES, OutgoingFile, picture_of, read_files, write_files};
pub use transfer::{Progress, preview_of, progress_of};
pub use transfers::{cancel_upload, retry_upload, share_id, tend, upload};

chunk!(UPLOADS: ChatClient => () = files, transfers::tend);

/// Uploads what messages of the outbox wait for, and lets go of files that nothing waits for any more. Called
/// at every connect and after every change: without the chunk, the next call tries again.
pub fn tend_uploads(client: ChatClient) {
    browser::spawn(async move {
        if UPLOADS.load().await.is_ok()
            && let Some(tend) = UPLOADS.entry()
        {
            tend(client);
        }
    });
}
