//! Renders a text that has not been sent.

use super::check_new;
use crate::{
    Caller, Chat, Result,
    text::{self, MentionedUser},
};
use model::{ConversationId, NewMessage, RenderedBody, UserId};

impl Chat {
    /// How a body would be shown if the caller sent it to the conversation. `Invalid` for what a send would refuse.
    /// Members only. Nothing is written, and nobody is told.
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
        let names = text::mentioned_names(&new.body);
        let mentioned = if names.is_empty() {
            Vec::new()
        } else {
            sqlx::query!(
                "select u.id, u.username, u.name
                from mentioned_members($1, $2, $3) m(id) join users u on u.id = m.id",
                id.0,
                caller.user_id.0,
                &names
            )
            .map(|row| MentionedUser {
                id: UserId(row.id),
                username: row.username,
                name: row.name,
            })
            .fetch_all(&self.0.db)
            .await?
        };
        let rendered = text::rendered(&new.body, &mentioned);
        Ok(RenderedBody {
            html: rendered.html,
            entities: rendered.entities,
        })
    }
}
