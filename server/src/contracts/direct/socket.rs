//! What clients of the contract say on a socket.

use super::{Direct, print, send, wire::SocketMessage};
use crate::{
    contracts::{input::Input, pairs},
    problem::Refusal,
    socket::{Asker, Printed, Refused},
};
use chat::{Error, Scene};
use model::{ConversationId, ErrorCode, PresenceStatus, UserId};
use serde_json::{Value, json};
use std::{collections::HashSet, sync::Arc};

/// The error event, and the acknowledgement.
pub fn refuse(event: &str, refusal: &Refusal) -> Refused {
    let problem = refusal.problem();
    let message = if problem.code == ErrorCode::Internal {
        failure(event).to_owned()
    } else {
        problem.detail
    };
    Refused {
        ack: json!({ "success": false, "message": message }),
        event: Printed::new("error", &json!({ "message": message })).ok(),
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

pub fn tell_left(asker: &Asker<'_, Direct>, id: ConversationId) {
    tell_others(asker, id, "user_left", "left");
}

fn tell_others(asker: &Asker<'_, Direct>, id: ConversationId, name: &'static str, did: &str) {
    let user_id = asker.caller().user_id;
    let payload = json!({
        "userId": user_id.0,
        "message": format!("User {user_id} {did} the conversation"),
        "conversationId": id.0,
    });
    if let Ok(printed) = Printed::new(name, &payload) {
        asker.tell_room(id, printed);
    }
}

impl Direct {
    pub async fn on_join_conversation(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let scene = self.scene(asker, input).await?;
        if asker.join(scene.id) {
            tell_others(asker, scene.id, "user_joined", "joined");
        }
        Ok(json!({ "success": true, "conversationId": scene.id.0 }))
    }

    pub async fn on_leave_conversation(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let scene = self.scene(asker, input).await?;
        if asker.leave(scene.id) {
            tell_left(asker, scene.id);
        }
        Ok(json!({ "success": true, "conversationId": scene.id.0 }))
    }

    pub async fn on_send_message(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let (sent, scene) = send(&self.0, asker.caller(), input).await?;
        let pair = print::pair(&self.0, &scene).await?;
        let message = SocketMessage::new(&sent.message, &pair, false);
        Ok(json!({ "success": true, "message": "Message sent", "data": message }))
    }

    pub async fn on_typing(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
        typing: bool,
    ) -> Result<Value, Refusal> {
        let scene = self.scene(asker, input).await?;
        self.0.set_typing(asker.caller(), scene.id, typing).await?;
        Ok(json!({ "success": true }))
    }

    pub async fn on_mark_as_read(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let scene = self.scene(asker, input).await?;
        self.0.mark_read(asker.caller(), scene.id, i64::MAX).await?;
        Ok(json!({ "success": true, "message": "Messages marked as read" }))
    }

    /// Of those whom the caller may see: who shares a conversation with them.
    pub async fn on_check_online(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let named: Vec<UserId> = input.ids("userIds")?;
        let online = self.0.online_users(asker.caller()).await?;
        let online: HashSet<_> = online
            .into_iter()
            .filter(|user| user.presence != PresenceStatus::Offline)
            .map(|user| user.id)
            .collect();
        let online: Vec<_> = named.iter().filter(|id| online.contains(id)).collect();
        let ids: Vec<_> = online.into_iter().map(|id| id.0).collect();
        asker.tell(Printed::new(
            "online_status",
            &json!({ "onlineUsers": ids }),
        )?);
        Ok(json!({ "success": true, "onlineUsers": ids }))
    }

    /// The conversation that an event names.
    async fn scene(&self, asker: &Asker<'_, Self>, input: &Input) -> Result<Arc<Scene>, Error> {
        let id = input.id("conversationId")?;
        pairs::joined(&self.0, asker.caller(), id).await
    }
}
