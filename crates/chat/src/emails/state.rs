//! What a node holds for e-mails.

use super::{queue::EmailBacklog, settings::EmailSettings};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

pub struct Emails {
    /// `None` where the server sends none.
    pub settings: Option<EmailSettings>,
    queued: Notify,
    backlog: Mutex<EmailBacklog>,
}

impl Emails {
    pub fn new(settings: Option<EmailSettings>) -> Self {
        Self {
            settings,
            queued: Notify::new(),
            backlog: Mutex::default(),
        }
    }

    /// Wakes the sender of this node, after the commit of a mail.
    pub fn wake(&self) {
        self.queued.notify_one();
    }

    /// Ends after the next `wake`, or at once after one that nobody has waited for.
    pub async fn queued(&self) {
        self.queued.notified().await;
    }

    /// As it was at the last look.
    pub fn backlog(&self) -> EmailBacklog {
        *self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_backlog(&self, backlog: EmailBacklog) {
        *self.backlog.lock().unwrap_or_else(PoisonError::into_inner) = backlog;
    }
}
