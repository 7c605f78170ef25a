//! What has been begun and not sent: kept in this browser, for this user.

use super::{Live, browser};
use model::ConversationId;

impl Live {
    /// What I have begun to write there. Empty on the server: read it in an effect.
    pub fn draft(self, id: ConversationId) -> String {
        browser::stored(&self.storage_key("draft", id)).unwrap_or_default()
    }

    pub fn set_draft(self, id: ConversationId, text: &str) {
        let key = self.storage_key("draft", id);
        if text.is_empty() {
            browser::unstore(&key);
        } else {
            browser::store(&key, text);
        }
    }

    /// Where something of mine is kept in this browser.
    pub(super) fn storage_key(self, kind: &str, name: impl std::fmt::Display) -> String {
        format!("{}{kind}:{name}", self.storage_prefix())
    }

    fn storage_prefix(self) -> String {
        let me = self.store.with_untracked(|store| store.me.user.id);
        format!("parlance:{me}:")
    }

    pub(super) fn clear_storage(self) {
        let prefix = self.storage_prefix();
        for key in browser::stored_keys() {
            if key.starts_with(&prefix) {
                browser::unstore(&key);
            }
        }
    }
}

/// A name that nobody else gives.
pub(super) fn new_client_id() -> String {
    // Of a float's random bits 52 are good.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bits = || (browser::random() * 4_503_599_627_370_496.0) as u64;
    format!("{:013x}{:013x}", bits(), bits())
}
