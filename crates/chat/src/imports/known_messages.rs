//! Messages that an earlier batch has brought.

use super::{batch::Batch, spelling::by_spelling};
use crate::{ExternalId, Result};
use std::collections::{BTreeSet, HashMap};
use time::OffsetDateTime;

pub type KnownMessages = HashMap<ExternalId, KnownMessage>;

pub struct KnownMessage {
    pub id: i64,
    pub conversation_id: i64,
    pub position: i64,
    pub body: String,
    pub reply_to_id: Option<i64>,
    pub edited_at: Option<OffsetDateTime>,
    pub is_deleted: bool,
}

impl Batch<'_> {
    /// The messages of these old ids. Their conversations are locked by whoever changes them.
    pub async fn known_messages<'a>(
        &mut self,
        ids: impl IntoIterator<Item = &'a ExternalId>,
    ) -> Result<KnownMessages> {
        let wanted: BTreeSet<_> = ids.into_iter().collect();
        let keys: Vec<_> = wanted.iter().map(|id| id.key().into_owned()).collect();
        let rows = sqlx::query!(
            r#"select a.external_id, m.id, m.conversation_id, m.position, m.body, m.reply_to_id,
                m.edited_at, m.deleted_at is not null as "is_deleted!"
            from app_messages a join messages m on m.id = a.message_id
            where a.app_id = $1 and a.external_key = any($2)"#,
            self.app_id.0,
            &keys
        )
        .fetch_all(&mut *self.db)
        .await?;
        let known = rows.into_iter().filter_map(|row| {
            let message = KnownMessage {
                id: row.id,
                conversation_id: row.conversation_id,
                position: row.position,
                body: row.body,
                reply_to_id: row.reply_to_id,
                edited_at: row.edited_at,
                is_deleted: row.is_deleted,
            };
            Some((ExternalId::parse(&row.external_id)?, message))
        });
        Ok(by_spelling(known, &wanted))
    }
}
