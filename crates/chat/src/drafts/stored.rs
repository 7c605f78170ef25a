//! Drafts as they are stored.

use crate::{Result, messages::render_reply, uploads::with_url};
use model::{ConversationId, Draft, DraftChange, DraftSaved, MessageId, UserId};
use sqlx::{PgConnection, types::Json};

/// A draft as it is stored; the tombstone of a removed one.
pub struct StoredDraft {
    body: String,
    reply_to_id: Option<i64>,
    editor_id: Option<String>,
    seq: i64,
    pub is_removed: bool,
    pub upload_ids: Vec<i64>,
    json: Json<Draft>,
}

impl StoredDraft {
    /// Whether it is as after a change, with the uploads that it would have.
    pub fn has_content_of(&self, change: &DraftChange, upload_ids: &[i64]) -> bool {
        self.body == change.body
            && self.reply_to_id == change.reply_to_id.map(|it| it.0)
            && self.upload_ids == upload_ids
            // Another node may have deleted the last file without noting that here.
            && self.is_removed == is_empty(change, upload_ids)
    }

    /// Whether the device knows this state, or has written it itself. One that lists drafts knows nothing
    /// of those that were removed.
    pub fn may_be_replaced_by(&self, change: &DraftChange) -> bool {
        self.seq == change.base
            || (self.is_removed && change.base == 0)
            || (self.editor_id.is_some() && self.editor_id == change.editor_id)
    }

    pub fn into_draft(self) -> Draft {
        rendered(self.json.0)
    }

    pub fn into_answer(self, saved: bool) -> DraftSaved {
        DraftSaved {
            saved,
            draft: self.into_draft(),
        }
    }
}

/// Whether a change removes the draft, with the uploads that it would have.
pub const fn is_empty(change: &DraftChange, upload_ids: &[i64]) -> bool {
    change.body.is_empty() && change.reply_to_id.is_none() && upload_ids.is_empty()
}

pub async fn load(
    tx: &mut PgConnection,
    user_id: UserId,
    id: ConversationId,
    thread_id: Option<MessageId>,
) -> Result<Option<StoredDraft>> {
    let stored = sqlx::query_as!(
        StoredDraft,
        r#"select body as "body!", reply_to_id, editor_id, seq as "seq!", is_removed as "is_removed!",
            upload_ids as "upload_ids!", json as "json!: Json<Draft>"
        from draft_json where user_id = $1 and conversation_id = $2 and thread_id = $3"#,
        user_id.0,
        id.0,
        thread_key(thread_id)
    )
    .fetch_optional(tx)
    .await?;
    Ok(stored)
}

/// Fills in how the quoted message is shown in one line, and the addresses of the files.
pub fn rendered(mut draft: Draft) -> Draft {
    if let Some(reply) = &mut draft.reply_to {
        render_reply(reply);
    }
    let uploads = draft.uploads.into_iter().map(Json).map(with_url);
    draft.uploads = uploads.collect();
    draft
}

/// The column `thread_id`.
pub fn thread_key(thread_id: Option<MessageId>) -> i64 {
    thread_id.map_or(0, |it| it.0)
}
