//! What the user has written and not sent, in `localStorage`, until they send it or let it go: the
//! text of the composer under `draft:<conversation id>`, the message that it answers to under `quote:`,
//! edits in progress under `edits:`, and the files of a tray under `files:<conversation id>:<root or 0>`.

use super::{ChatClient, browser};
use crate::{json, store::Key};
use model::{ConversationId, MessageId, Reply};
use serde::{Deserialize, Serialize};

/// An edit that was begun and not saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptEdit {
    pub id: MessageId,
    /// The position of the message, to load the page around it.
    pub position: i64,
    pub text: String,
    /// The thread in which it was begun.
    #[serde(default)]
    pub thread: Option<MessageId>,
}

impl ChatClient {
    /// The draft of a conversation; empty if there is none, and always on the server. Read it in an
    /// effect, or hydration meets another text than the server rendered.
    pub fn draft(self, id: ConversationId) -> String {
        browser::stored(&self.storage_key("draft", id)).unwrap_or_default()
    }

    /// An empty text removes the draft.
    pub fn set_draft(self, id: ConversationId, text: &str) {
        let was_empty = self.draft(id).is_empty();
        self.keep("draft", id, Some(text).filter(|text| !text.is_empty()));
        if was_empty != text.is_empty() {
            self.store.notify(&[Key::Drafts]);
        }
    }

    /// The draft of a reply in a thread, as `draft`.
    pub fn reply_draft(self, id: ConversationId, root: MessageId) -> String {
        let key = self.storage_key("reply", format!("{id}:{root}"));
        browser::stored(&key).unwrap_or_default()
    }

    pub fn set_reply_draft(self, id: ConversationId, root: MessageId, text: &str) {
        let key = self.storage_key("reply", format!("{id}:{root}"));
        if text.is_empty() {
            browser::remove_stored(&key);
        } else {
            browser::store(&key, text);
        }
    }

    /// The message that the draft answers to.
    pub fn kept_quote(self, id: ConversationId) -> Option<Reply> {
        json::read(&browser::stored(&self.storage_key("quote", id))?)
    }

    pub fn keep_quote(self, id: ConversationId, quote: Option<&Reply>) {
        let json = quote.and_then(|quote| serde_json::to_string(quote).ok());
        self.keep("quote", id, json.as_deref());
    }

    /// The files in the tray of the box of a conversation, or of a thread; empty without any.
    pub fn kept_files(self, id: ConversationId, thread: Option<MessageId>) -> String {
        browser::stored(&self.files_key(id, thread)).unwrap_or_default()
    }

    pub fn keep_files(self, id: ConversationId, thread: Option<MessageId>, files: &str) {
        let key = self.files_key(id, thread);
        if files.is_empty() {
            browser::remove_stored(&key);
        } else {
            browser::store(&key, files);
        }
    }

    fn files_key(self, id: ConversationId, thread: Option<MessageId>) -> String {
        let root = thread.map_or(0, |root| root.0);
        self.storage_key("files", format!("{id}:{root}"))
    }

    /// The key of every tray, and what it has.
    pub(super) fn trays(self) -> Vec<(String, String)> {
        let prefix = self.storage_key("files", "");
        let keys = browser::stored_keys().into_iter();
        keys.filter(|key| key.starts_with(&prefix))
            .filter_map(|key| {
                let text = browser::stored(&key)?;
                Some((key, text))
            })
            .collect()
    }

    /// The edits in progress of a conversation; the last one was touched last.
    pub fn kept_edits(self, id: ConversationId) -> Vec<KeptEdit> {
        let stored = browser::stored(&self.storage_key("edits", id));
        stored
            .and_then(|text| json::read(&text))
            .unwrap_or_default()
    }

    pub fn kept_edit(self, id: ConversationId, message_id: MessageId) -> Option<KeptEdit> {
        let edits = self.kept_edits(id).into_iter();
        edits.rev().find(|edit| edit.id == message_id)
    }

    /// Keeps an edit as the last one. It reads the others again, which another tab may have changed.
    pub fn keep_edit(self, id: ConversationId, edit: KeptEdit) {
        let mut edits = self.kept_edits(id);
        edits.retain(|other| other.id != edit.id);
        edits.push(edit);
        self.keep_edits(id, &edits);
    }

    pub fn drop_edit(self, id: ConversationId, message_id: MessageId) {
        let mut edits = self.kept_edits(id);
        edits.retain(|edit| edit.id != message_id);
        self.keep_edits(id, &edits);
    }

    fn keep_edits(self, id: ConversationId, edits: &Vec<KeptEdit>) {
        let json = serde_json::to_string(edits).ok();
        self.keep("edits", id, json.as_deref().filter(|_| !edits.is_empty()));
    }

    /// The conversations that the user has lost, and had written something for.
    pub fn lost_conversations(self) -> Vec<ConversationId> {
        let (drafts, edits) = (self.storage_key("draft", ""), self.storage_key("edits", ""));
        let keys = browser::stored_keys().into_iter();
        let written: Vec<_> = keys
            .filter_map(|key| {
                let id = key.strip_prefix(&drafts).or(key.strip_prefix(&edits))?;
                id.parse().ok()
            })
            .collect();
        let keys = [Key::Outbox, Key::Order];
        self.store
            .with(&keys, |store| store.lost_conversations(&written))
    }

    /// `None` removes what is kept.
    fn keep(self, kind: &str, id: ConversationId, text: Option<&str>) {
        let key = self.storage_key(kind, id);
        match text {
            Some(text) => browser::store(&key, text),
            None => browser::remove_stored(&key),
        }
    }
}
