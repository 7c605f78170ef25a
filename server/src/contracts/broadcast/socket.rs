//! What clients of the contract say on a socket.

use super::{Broadcast, announce, dto::Message, render, scene_with, send, send_official};
use crate::{
    contracts::{input::Input, pairs},
    gateway::{EncodedEvent, EventContext, Rejection},
    problem::ApiError,
};
use model::{ErrorCode, UserId};
use serde_json::{Value, json};

/// The error event, and the acknowledgement.
pub fn refuse(event: &str, refusal: &ApiError) -> Rejection {
    let problem = refusal.problem();
    let message = if problem.code == ErrorCode::Internal {
        failure(event).to_owned()
    } else {
        problem.detail
    };
    Rejection {
        ack: json!({ "success": false, "message": message }),
        event: EncodedEvent::new("error", &json!({ "message": message })).ok(),
    }
}

/// What a client hears when it is our fault.
fn failure(event: &str) -> &'static str {
    match event {
        "send_message" | "admin_message_user" => "Failed to send message",
        "admin_broadcast" => "Failed to send broadcast",
        "mark_message_read" => "Failed to mark message as read",
        _ => "Something went wrong",
    }
}

impl Broadcast {
    /// `message_sent` comes with the event, to all sockets of the sender.
    pub async fn on_send_message(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let written = send(&self.0, context.caller(), input).await?;
        let pair = render::pair(&self.0, &written.meta).await?;
        let message = Message::new(&written.message, &pair, None);
        let answer = json!({ "success": true, "data": message });
        if !written.is_new {
            // Nothing happened, so nothing else tells the client that its message is there.
            context.emit(EncodedEvent::new("message_sent", &answer)?);
        }
        Ok(answer)
    }

    pub async fn on_typing(
        &self,
        context: &EventContext<'_>,
        input: &Input,
        typing: bool,
    ) -> Result<Value, ApiError> {
        let receiver: UserId = input.id("receiverId")?;
        let meta = scene_with(&self.0, context.caller(), receiver).await?;
        self.0.set_typing(context.caller(), meta.id, typing).await?;
        Ok(json!({ "success": true }))
    }

    /// Whoever has read a message has read what came before it, so that it may have been read
    /// already: that is no mistake of the client.
    pub async fn on_mark_message_read(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let message =
            pairs::joined_message(&self.0, context.caller(), input.id("messageId")?).await?;
        self.0
            .mark_message_read(context.caller(), message.id)
            .await?;
        Ok(json!({ "success": true, "message": "Message marked as read" }))
    }

    pub async fn on_admin_broadcast(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let announcement = announce(&self.0, context.caller(), input).await?;
        let answer = json!({ "success": true, "messageCount": announcement.reach });
        context.emit(EncodedEvent::new("broadcast_sent", &answer)?);
        Ok(answer)
    }

    pub async fn on_admin_message_user(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let written = send_official(&self.0, context.caller(), input).await?;
        let pair = render::pair(&self.0, &written.meta).await?;
        let message = Message::new(&written.message, &pair, None);
        let answer = json!({ "success": true, "data": message });
        context.emit(EncodedEvent::new("admin_message_sent", &answer)?);
        Ok(answer)
    }

    /// Whoever is in the room of a conversation hears `conversation_updated`.
    pub async fn on_room(
        &self,
        context: &EventContext<'_>,
        input: &Input,
        joins: bool,
    ) -> Result<Value, ApiError> {
        let id = input.id("conversationId")?;
        let meta = pairs::joined(&self.0, context.caller(), id).await?;
        if joins {
            context.join_room(meta.id);
        } else {
            context.leave_room(meta.id);
        }
        Ok(json!({ "success": true, "conversationId": meta.id }))
    }
}
