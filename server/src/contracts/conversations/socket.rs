//! What clients of the contract say on a socket.

use super::{Conversations, create, dto, joined, message_in, online_users, send};
use crate::{
    contracts::input::Input,
    gateway::{EncodedEvent, EventContext, Rejection},
    problem::ApiError,
};
use chat::Result;
use serde_json::{Value, json};

/// As Nest says it: the event `exception`, with the event that it answers.
pub fn refuse(event: &str, refusal: &ApiError) -> Rejection {
    let problem = refusal.problem();
    let message = match problem.errors.first() {
        Some(error) => format!("{} {}", dto::field(&error.field), error.reason),
        None => problem.detail,
    };
    let exception = json!({ "status": "error", "message": message, "cause": { "pattern": event } });
    Rejection {
        ack: json!({ "success": false, "message": message }),
        event: EncodedEvent::new("exception", &exception).ok(),
    }
}

impl Conversations {
    pub async fn on_create_conversation(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let conversation = create(&self.0, context.caller(), input).await?;
        Ok(json!({ "success": true, "conversation": conversation }))
    }

    /// The socket is there already; this only says so.
    pub async fn on_join_room(&self, context: &EventContext<'_>, input: &Input) -> Result<Value> {
        let id = joined(&self.0, context.caller(), input).await?;
        Ok(json!({ "success": true, "conversationId": id }))
    }

    pub async fn on_send_message(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let message = send(&self.0, context.caller(), input).await?.message;
        let mut confirmation = json!({ "messageId": message.id });
        if let Some(temp_id) = input.get("tempId") {
            confirmation["tempId"] = temp_id.clone();
        }
        context.emit(EncodedEvent::new("messageSent", &confirmation)?);
        Ok(json!({ "success": true, "message": dto::new_message(&message) }))
    }

    pub async fn on_typing(
        &self,
        context: &EventContext<'_>,
        input: &Input,
        typing: bool,
    ) -> Result<Value> {
        let id = input.id("conversationId")?;
        self.0.set_typing(context.caller(), id, typing).await?;
        Ok(json!({ "success": true }))
    }

    /// What came before has been read as well.
    pub async fn on_mark_as_read(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let message = message_in(&self.0, context.caller(), input).await?;
        let (id, position) = (message.conversation_id, message.position);
        self.0.mark_read(context.caller(), id, position).await?;
        Ok(json!({ "success": true }))
    }

    pub async fn on_mark_conversation_as_read(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let id = input.id("conversationId")?;
        self.0.mark_read(context.caller(), id, i64::MAX).await?;
        Ok(json!({ "success": true }))
    }

    /// By the acknowledgement, and by an event for clients that ask for none.
    pub async fn on_get_online_users(&self, context: &EventContext<'_>) -> Result<Value> {
        let online = online_users(&self.0, context.caller()).await?;
        context.emit(EncodedEvent::new("onlineUsers", &online)?);
        Ok(json!({ "onlineUsers": online }))
    }
}
