//! Requests about messages that exist: edit, delete, react.

use super::{
    ChatClient,
    rest::{percent_encode, to_json},
};
use crate::error::AppError;
use model::{ConversationId, Edit, Event, Message, MessageId, Page, RenderedBody};
use serde::Serialize;

#[derive(Serialize)]
struct Wording {
    body: String,
}

impl ChatClient {
    /// A message of any conversation that the user may see.
    pub async fn message(self, id: MessageId) -> Result<Message, AppError> {
        self.get(&format!("/messages/{id}")).await
    }

    pub async fn edit_message(self, id: MessageId, body: String) -> Result<(), AppError> {
        let path = format!("/messages/{id}");
        let body = to_json(&Wording { body });
        let message = self.request_json("PATCH", &path, body).await?;
        self.apply_response(message);
        Ok(())
    }

    /// A text as it would be shown in the conversation.
    pub async fn render_body(
        self,
        id: ConversationId,
        body: &str,
    ) -> Result<RenderedBody, AppError> {
        let path = format!("/conversations/{id}/messages/render");
        let body = body.to_owned();
        self.request_json("POST", &path, to_json(&Wording { body }))
            .await
    }

    /// The earlier versions of a message.
    pub async fn edits(self, id: MessageId) -> Result<Vec<Edit>, AppError> {
        let page: Page<Edit> = self.get(&format!("/messages/{id}/edits")).await?;
        Ok(page.items)
    }

    pub async fn delete_message(self, id: MessageId) -> Result<(), AppError> {
        let path = format!("/messages/{id}");
        let message = self.request_json("DELETE", &path, None).await?;
        self.apply_response(message);
        Ok(())
    }

    /// Adds or removes a reaction of the user.
    pub async fn set_reaction(
        self,
        id: MessageId,
        emoji: String,
        on: bool,
    ) -> Result<(), AppError> {
        let path = format!("/messages/{id}/reactions/{}", percent_encode(&emoji));
        let method = if on { "PUT" } else { "DELETE" };
        let message = self.request_json(method, &path, None).await?;
        self.apply_response(message);
        Ok(())
    }

    /// Takes the answer to a send.
    pub(super) fn apply_sent(self, message: Message) {
        self.store.update(|store| {
            store.apply(Event::MessageCreated {
                conversation_id: message.conversation_id,
                seq: message.seq,
                message,
            });
        });
        self.resync_if_behind();
    }

    /// Applies a response as if it were the event, which may come before or after it.
    pub(super) fn apply_response(self, message: Message) {
        self.store.update(|store| {
            store.apply(Event::MessageUpdated {
                conversation_id: message.conversation_id,
                seq: message.seq,
                message,
            });
        });
        self.resync_if_behind();
    }
}
