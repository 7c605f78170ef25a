//! What clients of the contract say on a socket.

use super::{Direct, dto::SocketMessage, render, send};
use crate::{
    contracts::{input::Input, pairs},
    gateway::{EncodedEvent, EventContext, Rejection},
    problem::ApiError,
};
use chat::{ConversationMeta, Error};
use model::{ConversationId, ErrorCode, PresenceStatus, UserId};
use serde_json::{Value, json};
use std::{collections::HashSet, sync::Arc};

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
        "send_message" => "Failed to send message",
        "join_conversation" => "Failed to join conversation",
        "mark_as_read" => "Failed to mark messages as read",
        _ => "Something went wrong",
    }
}

pub fn tell_left(context: &EventContext<'_>, id: ConversationId) {
    tell_others(context, id, "user_left", "left");
}

fn tell_others(context: &EventContext<'_>, id: ConversationId, name: &'static str, did: &str) {
    let user_id = context.caller().user_id;
    let payload = json!({
        "userId": user_id.0,
        "message": format!("User {user_id} {did} the conversation"),
        "conversationId": id.0,
    });
    if let Ok(printed) = EncodedEvent::new(name, &payload) {
        context.emit_to_room(id, printed);
    }
}

impl Direct {
    pub async fn on_join_conversation(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let meta = self.meta(context, input).await?;
        if context.join_room(meta.id) {
            tell_others(context, meta.id, "user_joined", "joined");
        }
        Ok(json!({ "success": true, "conversationId": meta.id.0 }))
    }

    pub async fn on_leave_conversation(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let meta = self.meta(context, input).await?;
        if context.leave_room(meta.id) {
            tell_left(context, meta.id);
        }
        Ok(json!({ "success": true, "conversationId": meta.id.0 }))
    }

    pub async fn on_send_message(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let (sent, meta) = send(&self.0, context.caller(), input).await?;
        let pair = render::pair(&self.0, &meta).await?;
        let message = SocketMessage::new(&sent.message, &pair, false);
        Ok(json!({ "success": true, "message": "Message sent", "data": message }))
    }

    pub async fn on_typing(
        &self,
        context: &EventContext<'_>,
        input: &Input,
        typing: bool,
    ) -> Result<Value, ApiError> {
        let meta = self.meta(context, input).await?;
        self.0.set_typing(context.caller(), meta.id, typing).await?;
        Ok(json!({ "success": true }))
    }

    pub async fn on_mark_as_read(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let meta = self.meta(context, input).await?;
        self.0
            .mark_read(context.caller(), meta.id, i64::MAX)
            .await?;
        Ok(json!({ "success": true, "message": "Messages marked as read" }))
    }

    /// Of those whom the caller may see: who shares a conversation with them.
    pub async fn on_check_online(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value, ApiError> {
        let named: Vec<UserId> = input.ids("userIds")?;
        let online = self.0.online_users(context.caller()).await?;
        let online: HashSet<_> = online
            .into_iter()
            .filter(|user| user.presence != PresenceStatus::Offline)
            .map(|user| user.id)
            .collect();
        let online: Vec<_> = named.iter().filter(|id| online.contains(id)).collect();
        let ids: Vec<_> = online.into_iter().map(|id| id.0).collect();
        context.emit(EncodedEvent::new(
            "online_status",
            &json!({ "onlineUsers": ids }),
        )?);
        Ok(json!({ "success": true, "onlineUsers": ids }))
    }

    /// The conversation that an event names.
    async fn meta(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Arc<ConversationMeta>, Error> {
        let id = input.id("conversationId")?;
        pairs::joined(&self.0, context.caller(), id).await
    }
}
