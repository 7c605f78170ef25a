//! Exports: the conversations of an app's users, as the records that an import takes.

mod conversations;
mod made_up_ids;
mod messages;
mod people;
mod read_states;
mod scope;
mod state;
mod taken_ids;

pub use conversations::{ExportedConversation, LastMessage};
pub use messages::ExportedMessage;
pub use state::{Cursor, Export, ExportPage};

use crate::{Caller, Chat, Error, IdKind, Result, audit::NewEntry};
use model::{AppId, AuditAction, ConversationKind};

impl Chat {
    /// # Errors
    /// `NotFound` if there is no app of this name.
    pub async fn begin_export(
        &self,
        app: &str,
        id_kind: IdKind,
        kinds: &[ConversationKind],
    ) -> Result<Export> {
        let mut db = self.snapshot().await?;
        sqlx::raw_sql(
            "set local statement_timeout = '5min';
            set local idle_in_transaction_session_timeout = '5min';
            set local plan_cache_mode = force_custom_plan",
        )
        .execute(&mut *db)
        .await?;
        let id = sqlx::query_scalar!("select id from apps where name = $1", app)
            .fetch_optional(&mut *db)
            .await?
            .ok_or(Error::NotFound("app"))?;
        let conversation_ids = scope::conversation_ids(&mut db, id, kinds).await?;
        let user_ids = scope::user_ids(&mut db, id, &conversation_ids).await?;
        let ids = taken_ids::AllIds::load(&mut db, id, id_kind).await?;
        // The snapshot only reads.
        NewEntry::by(&Caller::OPERATOR, AuditAction::HistoryExported)
            .with("app", app)
            .with("conversations", conversation_ids.len())
            .write(&self.0.db)
            .await?;
        Ok(Export {
            db,
            app_id: AppId(id),
            ids,
            conversation_ids,
            user_ids,
        })
    }
}
