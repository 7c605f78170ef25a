//! The end of the server, seen by all its parts.

use tokio::sync::watch;

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it begins.
    pub async fn begun(&self) {
        // Its own sender lives as long as this call, so there is always an answer.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}
