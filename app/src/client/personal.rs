//! Requests about drafts, scheduled messages and reminders, and what this browser knows of the server's drafts.

use super::{ChatClient, browser, connection::with_state, rest::to_json};
use crate::{
    error::AppError,
    json,
    store::{ChatStore, DraftPlace, Outgoing, OutgoingState, PersonalPage},
};
use model::{
    ConversationId, Draft, DraftChange, DraftSaved, MessageId, NewScheduledMessage, Page, Reminder,
    Reply, ScheduledChange, ScheduledMessage, ScheduledMessageId, Upload, UploadId, UploadState,
    timestamp,
};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, rc::Rc};
use time::OffsetDateTime;

/// What a draft has in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DraftContent {
    pub body: String,
    pub reply_to_id: Option<MessageId>,
    /// The uploads in the tray that the server knows.
    #[serde(default)]
    pub upload_ids: Vec<UploadId>,
}

impl DraftContent {
    pub fn of(draft: &Draft) -> Self {
        Self {
            body: draft.body.clone(),
            reply_to_id: draft.reply_to.as_ref().map(|it| it.id),
            upload_ids: draft.uploads.iter().map(|it| it.id).collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.body.is_empty() && self.reply_to_id.is_none() && self.upload_ids.is_empty()
    }
}

/// The state of a draft that this browser and the server have had in common last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncedDraft {
    pub seq: i64,
    pub content: DraftContent,
}

thread_local! {
    /// The ids that this browser has had while the page is there.
    static EDITORS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReminderBody {
    #[serde(with = "timestamp")]
    remind_at: OffsetDateTime,
}

impl ChatClient {
    /// What is called with every event that the first screen does not know, from now on until the page is left.
    pub fn on_other_events(hear: impl Fn(&str) + 'static) {
        with_state(|state| state.on_other_event = Some(Rc::new(hear)));
    }

    /// What knows the drafts that are sent, from now on until the page is left.
    pub fn find_drafts(find: impl Fn(DraftPlace) -> Option<i64> + 'static) {
        with_state(|state| state.find_draft = Some(Rc::new(find)));
    }

    pub async fn personal_changes(self, after: i64) -> Result<PersonalPage, AppError> {
        self.get(&format!("/me/changes?after={after}")).await
    }

    pub async fn drafts(self) -> Result<Vec<Draft>, AppError> {
        self.all_of("/me/drafts").await
    }

    pub async fn scheduled_messages(self) -> Result<Vec<ScheduledMessage>, AppError> {
        self.all_of("/me/scheduled").await
    }

    pub async fn reminders(self) -> Result<Vec<Reminder>, AppError> {
        self.all_of("/me/reminders").await
    }

    /// All pages of a list of the user's own, which have ends.
    pub(super) async fn all_of<T: serde::de::DeserializeOwned>(
        self,
        path: &str,
    ) -> Result<Vec<T>, AppError> {
        let mut page: Page<T> = self.get(&format!("{path}?limit=100")).await?;
        let mut all = page.items;
        while let Some(cursor) = page.next_cursor {
            page = self
                .get(&format!("{path}?limit=100&cursor={cursor}"))
                .await?;
            all.append(&mut page.items);
        }
        Ok(all)
    }

    pub async fn save_draft(
        self,
        id: ConversationId,
        change: &DraftChange,
    ) -> Result<DraftSaved, AppError> {
        let path = format!("/conversations/{id}/draft");
        self.request_json("PUT", &path, to_json(change)).await
    }

    /// The same as the page goes: nobody waits for the answer.
    pub fn save_draft_at_last(self, id: ConversationId, change: &DraftChange) {
        if let Some(body) = to_json(change) {
            let path = format!("/api/v1/conversations/{id}/draft");
            browser::send_at_last(self.my_id(), "PUT", &path, Some(&body));
        }
    }

    pub async fn schedule_message(
        self,
        id: ConversationId,
        new: &NewScheduledMessage,
    ) -> Result<ScheduledMessage, AppError> {
        let path = format!("/conversations/{id}/scheduled");
        self.request_json("POST", &path, to_json(new)).await
    }

    pub async fn change_scheduled(
        self,
        id: ScheduledMessageId,
        change: &ScheduledChange,
    ) -> Result<ScheduledMessage, AppError> {
        let path = format!("/me/scheduled/{id}");
        self.request_json("PATCH", &path, to_json(change)).await
    }

    /// Whether the server has the whole of a file, so that a message can have it.
    pub async fn is_uploaded(self, id: UploadId) -> Result<bool, AppError> {
        let upload: Upload = self.get(&format!("/uploads/{id}")).await?;
        Ok(upload.state == UploadState::Ready)
    }

    pub async fn send_scheduled(self, id: ScheduledMessageId) -> Result<(), AppError> {
        let path = format!("/me/scheduled/{id}/send");
        self.request("POST", &path, None).await.map(drop)
    }

    pub async fn cancel_scheduled(self, id: ScheduledMessageId) -> Result<(), AppError> {
        let path = format!("/me/scheduled/{id}");
        self.request("DELETE", &path, None).await.map(drop)
    }

    pub async fn set_reminder(
        self,
        id: MessageId,
        remind_at: OffsetDateTime,
    ) -> Result<Reminder, AppError> {
        let path = format!("/me/reminders/{id}");
        let body = to_json(&ReminderBody { remind_at });
        self.request_json("PUT", &path, body).await
    }

    pub async fn complete_reminder(self, id: MessageId) -> Result<(), AppError> {
        let path = format!("/me/reminders/{id}");
        self.request("DELETE", &path, None).await.map(drop)
    }

    /// What is written here in a place. A reply in a thread quotes nothing here: what it quotes stays as the server
    /// has it.
    pub fn written(self, (id, thread): DraftPlace) -> DraftContent {
        let upload_ids = self.uploads_in_tray((id, thread));
        match thread {
            None => DraftContent {
                body: self.draft(id),
                reply_to_id: self.kept_quote(id).map(|it| it.id),
                upload_ids,
            },
            Some(root) => DraftContent {
                body: self.reply_draft(id, root),
                reply_to_id: self.synced((id, thread)).content.reply_to_id,
                upload_ids,
            },
        }
    }

    /// Whether there is something to send in a place: a text, or files, which may be on their way.
    pub fn has_written(self, (id, thread): DraftPlace) -> bool {
        let body = match thread {
            None => self.draft(id),
            Some(root) => self.reply_draft(id, root),
        };
        !body.trim().is_empty() || !self.kept_files(id, thread).is_empty()
    }

    /// Whether a message of a place is on its way, in any tab of this browser, and waits for its files, which another device
    /// may be uploading: it does so as long as its draft has them. One that has failed waits until something else is
    /// written.
    pub fn is_draft_on_its_way(self, (id, thread): DraftPlace, written: &DraftContent) -> bool {
        let is_here = |it: &Outgoing| {
            let waits = it.state == OutgoingState::Waiting || written.is_empty();
            (it.conversation_id, it.thread_id) == (id, thread) && waits && it.waits_for_files()
        };
        // That of this page may not be stored yet.
        let is_of_this_page = |store: &ChatStore| store.outbox().iter().any(is_here);
        self.store.with_untracked(is_of_this_page) || self.stored_outbox().any(|it| is_here(&it))
    }

    pub fn set_written(self, (id, thread): DraftPlace, body: &str, quote: Option<&Reply>) {
        match thread {
            None => {
                self.set_draft(id, body);
                self.keep_quote(id, quote);
            }
            Some(root) => self.set_reply_draft(id, root, body),
        }
    }

    pub fn synced(self, place: DraftPlace) -> SyncedDraft {
        let stored = browser::stored(&self.synced_key(place));
        stored
            .and_then(|text| json::read(&text))
            .unwrap_or_default()
    }

    pub fn set_synced(self, place: DraftPlace, synced: &SyncedDraft) {
        if let Some(text) = to_json(synced) {
            browser::store(&self.synced_key(place), &text);
        }
    }

    fn synced_key(self, (id, thread): DraftPlace) -> String {
        self.storage_key("synced", name_of((id, thread)))
    }

    /// The places that something is written in here, or was when the server had it.
    pub fn written_places(self) -> Vec<DraftPlace> {
        let kinds = ["draft", "quote", "reply", "files", "synced"];
        let prefixes = kinds.map(|kind| self.storage_key(kind, ""));
        let mut places: Vec<DraftPlace> = Vec::new();
        for key in browser::stored_keys() {
            let name = prefixes.iter().find_map(|it| key.strip_prefix(&**it));
            if let Some(place) = name.and_then(place_of)
                && !places.contains(&place)
            {
                places.push(place);
            }
        }
        places
    }

    /// The id of this browser among those that write the user's drafts. Its tabs have what is written in common.
    pub fn editor_id(self) -> String {
        let key = self.storage_key("editor", "id");
        let id = browser::stored(&key).unwrap_or_else(|| {
            let id = super::new_client_id();
            browser::store(&key, &id);
            id
        });
        EDITORS.with_borrow_mut(|known| {
            if !known.contains(&id) {
                known.push(id.clone());
            }
        });
        id
    }

    /// Whether a draft was written by this browser, also before its storage was cleared under this page.
    pub fn is_own_editor(self, id: &str) -> bool {
        self.editor_id();
        EDITORS.with_borrow(|known| known.iter().any(|it| it == id))
    }

    /// The draft that a send removes, as the server knows it: of a place whose text and files have left the box with it.
    pub fn sent_draft(self, place: DraftPlace) -> Option<i64> {
        let written = self.written(place);
        let is_gone = written.body.is_empty() && written.upload_ids.is_empty();
        let synced = self.synced(place);
        (is_gone && !synced.content.is_empty()).then_some(synced.seq)
    }
}

fn name_of((id, thread): DraftPlace) -> String {
    match thread {
        None => id.to_string(),
        Some(root) => format!("{id}:{root}"),
    }
}

fn place_of(name: &str) -> Option<DraftPlace> {
    match name.split_once(':') {
        None => Some((name.parse().ok()?, None)),
        // A tray names the main line so.
        Some((id, "0")) => Some((id.parse().ok()?, None)),
        Some((id, root)) => Some((id.parse().ok()?, Some(root.parse().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::{name_of, place_of};
    use model::{ConversationId, MessageId};

    #[test]
    fn names_a_place() {
        for place in [
            (ConversationId(4), None),
            (ConversationId(4), Some(MessageId(7))),
        ] {
            assert_eq!(place_of(&name_of(place)), Some(place));
        }
        assert_eq!(place_of("4:0"), Some((ConversationId(4), None)));
        assert_eq!(place_of("x"), None);
        assert_eq!(place_of("4:"), None);
    }
}
