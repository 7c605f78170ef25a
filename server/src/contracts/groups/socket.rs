//! What clients of the contract say on a socket.

use super::{Groups, group, history, print, send, wire};
use crate::{
    contracts::input::{self, Input},
    problem::Refusal,
    socket::{Arguments, Asker, Printed, Refused},
};
use chat::Result;
use model::{ConversationId, ErrorCode, Problem};
use serde_json::{Value, json};

pub fn refuse(event: &str, refusal: &Refusal) -> Refused {
    let problem = refusal.problem();
    let mut payload = json!({ "message": message(event, &problem) });
    if let Some(code) = code(problem.code) {
        payload["code"] = code.into();
    }
    let error = Printed::new("error", &payload).ok();
    payload["success"] = false.into();
    Refused {
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
        (ErrorCode::Invalid, Some(error)) if wire::field(&error.field) == "content" => {
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
        asker: &Asker<'_, Self>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id = self.group_id(asker, arguments).await?;
        let is_new = asker.join(id);
        let count = self.member_count(asker, id).await?;
        if is_new {
            self.tell_visitor(asker, id, "user_joined_group", count)
                .await?;
        }
        let joined = json!({ "groupId": id, "memberCount": count });
        asker.tell(Printed::new("joined_group_success", &joined)?);
        Ok(succeeded(joined))
    }

    pub async fn on_leave_group(
        &self,
        asker: &Asker<'_, Self>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id = self.group_id(asker, arguments).await?;
        if asker.leave(id) {
            self.tell_left(asker, id).await?;
        }
        let left = json!({ "groupId": id, "memberCount": self.member_count(asker, id).await? });
        asker.tell(Printed::new("left_group_success", &left)?);
        Ok(succeeded(left))
    }

    pub async fn on_send_message(&self, asker: &Asker<'_, Self>, input: &Input) -> Result<Value> {
        let sent = send(&self.0, asker.caller(), input).await?;
        let message = wire::message(&self.0, &sent.message).await?;
        Ok(json!({ "success": true, "message": message }))
    }

    /// Ignored, and not refused, of whoever is not in the room.
    pub async fn on_typing(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
        typing: bool,
    ) -> Result<Value> {
        let id = input.id("groupId")?;
        if asker.present(id).contains(&asker.caller().user_id) {
            self.0.set_typing(asker.caller(), id, typing).await?;
        }
        Ok(json!({ "success": true }))
    }

    pub async fn on_get_group_messages(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value> {
        let page = history(&self.0, asker.caller(), input).await?;
        asker.tell(Printed::new("group_messages", &page)?);
        Ok(succeeded(page))
    }

    pub async fn on_get_room_info(&self, asker: &Asker<'_, Self>, input: &Input) -> Result<Value> {
        let group = group(&self.0, asker.caller(), input.id("groupId")?).await?;
        let count = self.member_count(asker, group.id).await?;
        let info = room(asker, group.id, count);
        asker.tell(Printed::new("room_info", &info)?);
        Ok(succeeded(info))
    }

    /// The user is in the room no more, with any socket: what they typed there is typed no more.
    pub async fn tell_left(&self, asker: &Asker<'_, Self>, id: ConversationId) -> Result<()> {
        self.0.set_typing(asker.caller(), id, false).await?;
        let count = self.member_count(asker, id).await?;
        self.tell_visitor(asker, id, "user_left_group", count).await
    }

    async fn tell_visitor(
        &self,
        asker: &Asker<'_, Self>,
        id: ConversationId,
        event: &'static str,
        count: i64,
    ) -> Result<()> {
        let mut visitor = print::visitor(&self.0, id, asker.caller().user_id).await?;
        visitor["memberCount"] = count.into();
        asker.tell_room(id, Printed::new(event, &visitor)?);
        let update = room(asker, id, count);
        asker.tell_room(id, Printed::new("room_members_update", &update)?);
        Ok(())
    }

    async fn group_id(
        &self,
        asker: &Asker<'_, Self>,
        arguments: &Arguments,
    ) -> Result<ConversationId> {
        let id = input::only_id("groupId", arguments)?;
        Ok(group(&self.0, asker.caller(), id).await?.id)
    }

    async fn member_count(&self, asker: &Asker<'_, Self>, id: ConversationId) -> Result<i64> {
        let head = self.0.conversation(asker.caller(), id).await?;
        Ok(head.conversation.member_count)
    }
}

fn room(asker: &Asker<'_, Groups>, id: ConversationId, count: i64) -> Value {
    json!({ "groupId": id, "onlineMembers": asker.present(id), "memberCount": count })
}

fn succeeded(mut answer: Value) -> Value {
    answer["success"] = true.into();
    answer
}
