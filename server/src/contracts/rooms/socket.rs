//! What clients of the contract say on a socket.

use super::{Rooms, print, wire};
use crate::{
    contracts::input::{Input, only_id, only_text},
    socket::{Arguments, Asker},
};
use chat::{Error, FavoriteTarget, Result};
use model::{ConversationId, MessageId, PresenceChoice, UserId};
use serde_json::{Value, json};

impl Rooms {
    pub async fn on_join(&self, asker: &Asker<'_, Self>, arguments: &Arguments) -> Result<Value> {
        let id = self.room(asker, arguments).await?;
        asker.join(id);
        Ok(json!({ "success": true, "roomId": id }))
    }

    /// The socket hears the room no more; its user remains a member.
    pub async fn on_leave(&self, asker: &Asker<'_, Self>, arguments: &Arguments) -> Result<Value> {
        let id = self.room(asker, arguments).await?;
        asker.leave(id);
        Ok(json!({ "success": true, "roomId": id }))
    }

    pub async fn on_send_message(&self, asker: &Asker<'_, Self>, input: &Input) -> Result<Value> {
        let new = wire::new_message(input)?;
        let id = input.id("roomId")?;
        let sent = self.0.send_message(asker.caller(), id, new).await?;
        let message = print::message(&self.0, &sent.message).await?;
        Ok(json!({ "success": true, "message": message }))
    }

    pub async fn on_typing(&self, asker: &Asker<'_, Self>, input: &Input) -> Result<Value> {
        let id: ConversationId = input.id("roomId")?;
        let is_typing = input.flag("isTyping")?;
        self.0.set_typing(asker.caller(), id, is_typing).await?;
        Ok(json!({ "success": true }))
    }

    /// Whoever says that they are offline is still connected: nobody else sees it.
    pub async fn on_presence(
        &self,
        asker: &Asker<'_, Self>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let status = only_text("status", arguments)?;
        let choice = match status {
            "online" => PresenceChoice::Online,
            "away" => PresenceChoice::Away,
            "offline" => PresenceChoice::Invisible,
            _ => {
                let reason = "must be online, away or offline";
                return Err(Error::invalid("status", reason));
            }
        };
        self.0.set_presence(asker.caller(), choice).await?;
        Ok(json!({ "success": true, "status": status }))
    }

    pub async fn on_update_message(&self, asker: &Asker<'_, Self>, input: &Input) -> Result<Value> {
        let id: MessageId = input.id("messageId")?;
        let content = input.text("content")?.to_owned();
        let message = self.0.edit_message(asker.caller(), id, content).await?;
        let message = print::message(&self.0, &message).await?;
        Ok(json!({ "success": true, "message": message }))
    }

    pub async fn on_delete_message(
        &self,
        asker: &Asker<'_, Self>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id: MessageId = only_id("messageId", arguments)?;
        let message = self.0.delete_message(asker.caller(), id).await?;
        Ok(json!({ "success": true, "roomId": message.conversation_id, "messageId": id }))
    }

    /// Clients learn the room's id from the message that says `Direct chat started`. It is written
    /// once, for both, and told again to whoever starts a chat that had begun before.
    pub async fn on_start_direct(
        &self,
        asker: &Asker<'_, Self>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let (chat, caller) = (&self.0, asker.caller());
        let user_id: UserId = only_id("targetUserId", arguments)?;
        let had_begun = chat.direct(caller, user_id).await?.conversation.position > 0;
        let head = chat.start_direct(caller, user_id).await?;
        let id = head.conversation.id;
        asker.join(id);
        if had_begun {
            asker.tell(print::start(chat, caller, id).await?);
        }
        Ok(json!({ "success": true, "roomId": id, "room": wire::room(&head) }))
    }

    pub async fn on_toggle_favorite(
        &self,
        asker: &Asker<'_, Self>,
        input: &Input,
    ) -> Result<Value> {
        let target = match input.text("type")? {
            "ROOM" => FavoriteTarget::Conversation(input.id("id")?),
            "USER" => FavoriteTarget::User(input.id("id")?),
            _ => return Err(Error::invalid("type", "must be ROOM or USER")),
        };
        let is_favorite = self.0.toggle_favorite(asker.caller(), target).await?;
        Ok(json!({ "success": true, "isFavorite": is_favorite }))
    }

    pub async fn on_get_init_data(&self, asker: &Asker<'_, Self>) -> Result<Value> {
        asker.tell(print::init_data(&self.0, asker.caller()).await?);
        Ok(json!({ "success": true }))
    }

    pub async fn on_mark_read(
        &self,
        asker: &Asker<'_, Self>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id = only_id("roomId", arguments)?;
        let unread = self.0.mark_read(asker.caller(), id, i64::MAX).await?;
        Ok(json!({ "success": true, "roomId": id, "unreadCount": unread.unread }))
    }

    /// The room that is an event's only argument, if the asker is a member.
    async fn room(&self, asker: &Asker<'_, Self>, arguments: &Arguments) -> Result<ConversationId> {
        let id = only_id("roomId", arguments)?;
        Ok(self.0.joined(asker.caller(), id).await?.id)
    }
}
