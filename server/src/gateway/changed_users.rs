//! `ChangedUsers`: users whose sockets may have another role by now.

use model::UserId;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};
use tokio::sync::Notify;

/// Users whose callers are compared with the database before the next audit: something about them has
/// changed, which may be their role.
#[derive(Default)]
pub struct ChangedUsers {
    users: Mutex<HashSet<UserId>>,
    added: Notify,
}

impl ChangedUsers {
    pub fn add(&self, user_id: UserId) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.insert(user_id);
        drop(users);
        self.added.notify_one();
    }

    /// Waits for the next ones.
    pub async fn take(&self) -> HashSet<UserId> {
        self.added.notified().await;
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *users)
    }
}
