//! Exports: the conversations of an app's users, as the records that an import takes.

mod conversations;
mod made_up_ids;
mod messages;
mod people;
mod read_states;
mod scope;

pub use messages::ExportedMessage;

use crate::{Chat, Error, IdKind, Result};
use model::{AppId, ConversationKind};
use sqlx::{Postgres, Transaction};

/// Rows of a page, about: the members of one conversation stay together.
const PAGE_ROWS: i64 = 2_000;

/// An export of one state of the database, whatever is written meanwhile. It has the users of an app and
/// those whom they share conversations with, all conversations of the given kinds that the app has
/// brought or its users are in, and what belongs to these.
///
/// Ids are the app's. What has none there gets one of the kind that is asked for, always the same, which
/// an import takes like any other: these are not the ids that contracts show, which no app can have.
pub struct Export {
    db: Transaction<'static, Postgres>,
    app_id: AppId,
    id_kind: IdKind,
    /// What is exported, in the order of our ids. They are read once, at 8 bytes each, because finding
    /// them takes longer the more memberships the app's users have.
    conversation_ids: Vec<i64>,
    user_ids: Vec<i64>,
}

/// Where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    id: i64,
    position: i64,
}

/// The first page is asked for with `None`, the next one with `next`, until it is `None`.
#[derive(Clone, Debug)]
pub struct ExportPage<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl Chat {
    /// # Errors
    /// `NotFound` if there is no app of this name.
    pub async fn begin_export(
        &self,
        app: &str,
        id_kind: IdKind,
        kinds: &[ConversationKind],
    ) -> Result<Export> {
        let begin = "begin isolation level repeatable read read only";
        let mut db = self.0.db.begin_with(begin).await?;
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
        Ok(Export {
            db,
            app_id: AppId(id),
            id_kind,
            conversation_ids,
            user_ids,
        })
    }
}
