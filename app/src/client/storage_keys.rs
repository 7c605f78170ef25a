//! The keys of `localStorage`: `parlance:<user id>:<kind>:<name>`.

use super::{ChatClient, browser};

impl ChatClient {
    /// The key of one entry of this user.
    pub(super) fn storage_key(self, kind: &str, name: impl std::fmt::Display) -> String {
        format!("{}{kind}:{name}", self.storage_prefix())
    }

    /// The name of the database of files that wait to be sent.
    pub(super) fn files_database(self) -> String {
        format!("{}files", self.storage_prefix())
    }

    fn storage_prefix(self) -> String {
        format!("parlance:{}:", self.my_id())
    }

    /// Removes every entry of this user.
    pub(super) fn clear_storage(self) {
        let prefix = self.storage_prefix();
        for key in browser::stored_keys() {
            if key.starts_with(&prefix) {
                browser::remove_stored(&key);
            }
        }
        browser::remove_database(&self.files_database());
    }
}
