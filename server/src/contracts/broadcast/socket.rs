//! What clients of the contract say on a socket.

use super::{Broadcast, announce, print, scene_with, send, send_official, wire::Message};
use crate::{
    contracts::{input::Input, pairs},
    problem::Refusal,
    socket::{Asker, Printed, Refused},
};
use model::{ErrorCode, UserId};
use serde_json::{Value, json};

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
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let written = send(&self.0, asker.caller(), input).await?;
        let pair = print::pair(&self.0, &written.scene).await?;
        let message = Message::new(&written.message, &pair, None);
        let answer = json!({ "success": true, "data": message });
        if !written.is_new {
            // Nothing happened, so nothing else tells the client that its message is there.
            asker.tell(Printed::new("message_sent", &answer)?);
        }
        Ok(answer)
    }

    pub async fn on_typing(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
        typing: bool,
    ) -> Result<Value, Refusal> {
        let receiver: UserId = input.id("receiverId")?;
        let scene = scene_with(&self.0, asker.caller(), receiver).await?;
        self.0.set_typing(asker.caller(), scene.id, typing).await?;
        Ok(json!({ "success": true }))
    }

    /// Whoever has read a message has read what came before it, so that it may have been read
    /// already: that is no mistake of the client.
    pub async fn on_mark_message_read(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let message =
            pairs::joined_message(&self.0, asker.caller(), input.id("messageId")?).await?;
        self.0.mark_message_read(asker.caller(), message.id).await?;
        Ok(json!({ "success": true, "message": "Message marked as read" }))
    }

    pub async fn on_admin_broadcast(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let announcement = announce(&self.0, asker.caller(), input).await?;
        let answer = json!({ "success": true, "messageCount": announcement.reach });
        asker.tell(Printed::new("broadcast_sent", &answer)?);
        Ok(answer)
    }

    pub async fn on_admin_message_user(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value, Refusal> {
        let written = send_official(&self.0, asker.caller(), input).await?;
        let pair = print::pair(&self.0, &written.scene).await?;
        let message = Message::new(&written.message, &pair, None);
        let answer = json!({ "success": true, "data": message });
        asker.tell(Printed::new("admin_message_sent", &answer)?);
        Ok(answer)
    }

    /// Whoever is in the room of a conversation hears `conversation_updated`.
    pub async fn on_room(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
        joins: bool,
    ) -> Result<Value, Refusal> {
        let id = input.id("conversationId")?;
        let scene = pairs::joined(&self.0, asker.caller(), id).await?;
        if joins {
            asker.join(scene.id);
        } else {
            asker.leave(scene.id);
        }
        Ok(json!({ "success": true, "conversationId": scene.id }))
    }
}
