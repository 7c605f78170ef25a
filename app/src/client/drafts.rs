//! Drafts: text that was begun and not sent, in `localStorage` under `draft:<conversation id>`.

use super::{ChatClient, browser};
use model::ConversationId;

impl ChatClient {
    /// The draft of a conversation; empty if there is none, and always on the server. Read it in an
    /// effect, or hydration meets another text than the server rendered.
    pub fn draft(self, id: ConversationId) -> String {
        browser::stored(&self.storage_key("draft", id)).unwrap_or_default()
    }

    /// An empty text removes the draft.
    pub fn set_draft(self, id: ConversationId, text: &str) {
        let key = self.storage_key("draft", id);
        if text.is_empty() {
            browser::remove_stored(&key);
        } else {
            browser::store(&key, text);
        }
    }
}
