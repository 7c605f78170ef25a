//! What a node holds for uploads.

use super::{settings::UploadSettings, turns::Turns};
use tokio::sync::Semaphore;

/// Uploads that are received at once, in all and of one user. Each has one piece in memory.
const MAX_RECEIVING: usize = 128;
const MAX_RECEIVING_OF_USER: usize = 16;

/// Uploads that are begun at once. Each holds a connection to the database, and those of one user would wait there for
/// each other.
const MAX_CREATING: usize = 4;

/// Pieces that are written at once. Each holds a connection to the database.
const MAX_WRITING: usize = 4;

/// Uploads that are looked at at once, of one user one. Each holds a connection to the database, and a picture two
/// pieces in memory.
const MAX_FINISHING: usize = 2;

/// Pictures of strangers that wait for their turn among those of users.
const MAX_STRANGE: usize = 1;

/// Pictures that are decoded at once. Each may take 256 MiB of memory besides its file, and a core, which chatting goes
/// before.
const MAX_SCALING: usize = 1;

pub struct Uploads {
    pub settings: UploadSettings,
    pub receiving: Turns,
    pub creating: Turns,
    pub writing: Semaphore,
    pub finishing: Turns,
    pub scaling: Semaphore,
    pub strange: Semaphore,
}

impl Uploads {
    pub fn new(settings: UploadSettings) -> Self {
        Self {
            settings,
            receiving: Turns::new(MAX_RECEIVING, MAX_RECEIVING_OF_USER),
            creating: Turns::new(MAX_CREATING, 1),
            writing: Semaphore::new(MAX_WRITING),
            finishing: Turns::new(MAX_FINISHING, 1),
            scaling: Semaphore::new(MAX_SCALING),
            strange: Semaphore::new(MAX_STRANGE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{UploadSettings, Uploads};
    use futures_util::FutureExt;
    use model::UserId;

    #[tokio::test]
    async fn one_user_finishes_one_file_at_a_time() {
        let finishing = Uploads::new(UploadSettings::default()).finishing;
        let held = finishing.wait(UserId(1)).await;
        let mut next = Box::pin(finishing.wait(UserId(1)));
        assert!(next.as_mut().now_or_never().is_none());
        assert!(finishing.wait(UserId(2)).now_or_never().is_some());
        drop(held);
        next.await;
    }
}
