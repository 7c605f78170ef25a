//! What clients of the contract say on a socket.

use super::{Groups, dto, group, history, render, send};
use crate::{
    contracts::input::{self, Input},
    gateway::{Arguments, EncodedEvent, EventContext, Rejection},
    problem::ApiError,
};
use chat::Result;
use model::{ConversationId, ErrorCode, Problem};
use serde_json::{Value, json};

pub fn refuse(event: &str, refusal: &ApiError) -> Rejection {
    let problem = refusal.problem();
    let mut payload = json!({ "message": message(event, &problem) });
    if let Some(code) = code(problem.code) {
        payload["code"] = code.into();
    }
    let error = EncodedEvent::new("error", &payload).ok();
    payload["success"] = false.into();
    Rejection {
        ack: payload,
        event: error,
    }
}

fn message(event: &str, problem: &Problem) -> String {
    let error = problem.errors.first();
    match (problem.code, error) {
        (ErrorCode::Invalid, Some(error)) if error.field == "groupId" => {
            "Valid group ID is required".to_owned()
        }
        (ErrorCode::Invalid, Some(error)) if dto::field(&error.field) == "content" => {
            format!("Message content {}", error.reason)
        }
        (ErrorCode::Internal, _) => format!("Failed to {}", event.replace('_', " ")),
        _ => problem.detail.clone(),
    }
}

fn code(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::Invalid | ErrorCode::Conflict => Some("VALIDATION_ERROR"),
        ErrorCode::Forbidden | ErrorCode::NotFound => Some("FORBIDDEN"),
        ErrorCode::Internal => Some("INTERNAL_ERROR"),
        ErrorCode::Unauthenticated | ErrorCode::TooManyRequests | ErrorCode::Unavailable => None,
    }
}

impl Groups {
    pub async fn on_join_group(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id = self.group_id(context, arguments).await?;
        let is_new = context.join_room(id);
        let count = self.member_count(context, id).await?;
        if is_new {
            self.tell_visitor(context, id, "user_joined_group", count)
                .await?;
        }
        let joined = json!({ "groupId": id, "memberCount": count });
        context.emit(EncodedEvent::new("joined_group_success", &joined)?);
        Ok(succeeded(joined))
    }

    pub async fn on_leave_group(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id = self.group_id(context, arguments).await?;
        if context.leave_room(id) {
            self.tell_left(context, id).await?;
        }
        let left = json!({ "groupId": id, "memberCount": self.member_count(context, id).await? });
        context.emit(EncodedEvent::new("left_group_success", &left)?);
        Ok(succeeded(left))
    }

    pub async fn on_send_message(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let sent = send(&self.0, context.caller(), input).await?;
        let message = dto::message(&self.0, &sent.message).await?;
        Ok(json!({ "success": true, "message": message }))
    }

    /// Ignored, and not refused, of whoever is not in the room.
    pub async fn on_typing(
        &self,
        context: &EventContext<'_>,
        input: &Input,
        typing: bool,
    ) -> Result<Value> {
        let id = input.id("groupId")?;
        if context
            .users_in_room(id)
            .contains(&context.caller().user_id)
        {
            self.0.set_typing(context.caller(), id, typing).await?;
        }
        Ok(json!({ "success": true }))
    }

    pub async fn on_get_group_messages(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let page = history(&self.0, context.caller(), input).await?;
        context.emit(EncodedEvent::new("group_messages", &page)?);
        Ok(succeeded(page))
    }

    pub async fn on_get_room_info(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let group = group(&self.0, context.caller(), input.id("groupId")?).await?;
        let count = self.member_count(context, group.id).await?;
        let info = room(context, group.id, count);
        context.emit(EncodedEvent::new("room_info", &info)?);
        Ok(succeeded(info))
    }

    /// The user is in the room no more, with any socket: what they typed there is typed no more.
    pub async fn tell_left(&self, context: &EventContext<'_>, id: ConversationId) -> Result<()> {
        self.0.set_typing(context.caller(), id, false).await?;
        let count = self.member_count(context, id).await?;
        self.tell_visitor(context, id, "user_left_group", count)
            .await
    }

    async fn tell_visitor(
        &self,
        context: &EventContext<'_>,
        id: ConversationId,
        event: &'static str,
        count: i64,
    ) -> Result<()> {
        let mut visitor = render::visitor(&self.0, id, context.caller().user_id).await?;
        visitor["memberCount"] = count.into();
        context.emit_to_room(id, EncodedEvent::new(event, &visitor)?);
        let update = room(context, id, count);
        context.emit_to_room(id, EncodedEvent::new("room_members_update", &update)?);
        Ok(())
    }

    async fn group_id(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<ConversationId> {
        let id = input::only_id("groupId", arguments)?;
        Ok(group(&self.0, context.caller(), id).await?.id)
    }

    async fn member_count(&self, context: &EventContext<'_>, id: ConversationId) -> Result<i64> {
        let head = self.0.conversation(context.caller(), id).await?;
        Ok(head.conversation.member_count)
    }
}

fn room(context: &EventContext<'_>, id: ConversationId, count: i64) -> Value {
    json!({ "groupId": id, "onlineMembers": context.users_in_room(id), "memberCount": count })
}

fn succeeded(mut answer: Value) -> Value {
    answer["success"] = true.into();
    answer
}
