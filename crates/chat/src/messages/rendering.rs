//! Renders a text that has not been sent.

use super::{
    check_new,
    mentions::{Mentions, users_as_mentioned},
    wildcards::granted,
};
use crate::{Caller, Chat, Result, text};
use model::{ConversationId, NewMessage, RenderedBody};

impl Chat {
    /// How a body would be shown if the caller sent it to the conversation. `Invalid` for what a send would refuse.
    /// Members only; `TooManyRequests` beyond the changes of a user. Nothing is written, and nobody is told.
    pub async fn render_body(
        &self,
        caller: &Caller,
        id: ConversationId,
        body: String,
    ) -> Result<RenderedBody> {
        let new = NewMessage {
            body,
            ..NewMessage::default()
        };
        check_new(&new)?;
        self.require_member(caller, id).await?;
        self.0.limits.told.take_change(caller.user_id, 1)?;
        let names = text::mentioned_names(&new.body);
        let mentions = if names.is_empty() {
            Mentions::default()
        } else {
            let mut db = self.0.db.acquire().await?;
            let ids = sqlx::query_scalar!(
                r#"select id as "id!" from mentioned_members($1, $2, $3) m(id)"#,
                id.0,
                caller.user_id.0,
                &names
            )
            .fetch_all(&mut *db)
            .await?;
            let wildcards = granted(&mut db, (caller.user_id, id), &new.body).await?;
            Mentions::new(users_as_mentioned(&mut db, &ids).await?, &wildcards)
        };
        let rendered = text::rendered(&new.body, &mentions.mentioned);
        Ok(RenderedBody {
            html: rendered.html,
            entities: rendered.entities,
        })
    }
}
