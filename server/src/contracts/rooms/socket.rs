//! What clients of the contract say on a socket.

use super::{Rooms, dto, render};
use crate::{
    contracts::input::{Input, only_id, only_text},
    gateway::{Arguments, EventContext},
};
use chat::{Error, FavoriteTarget, Result};
use model::{ConversationId, MessageId, PresenceChoice, UserId};
use serde_json::{Value, json};

impl Rooms {
    pub async fn on_join(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id = self.room(context, arguments).await?;
        context.join_room(id);
        Ok(json!({ "success": true, "roomId": id }))
    }

    /// The socket hears the room no more; its user remains a member.
    pub async fn on_leave(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id = self.room(context, arguments).await?;
        context.leave_room(id);
        Ok(json!({ "success": true, "roomId": id }))
    }

    pub async fn on_send_message(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let new = dto::new_message(input)?;
        let id = input.id("roomId")?;
        let sent = self.0.send_message(context.caller(), id, new).await?;
        let message = render::message(&self.0, &sent.message).await?;
        Ok(json!({ "success": true, "message": message }))
    }

    pub async fn on_typing(&self, context: &EventContext<'_>, input: &Input) -> Result<Value> {
        let id: ConversationId = input.id("roomId")?;
        let is_typing = input.flag("isTyping")?;
        self.0.set_typing(context.caller(), id, is_typing).await?;
        Ok(json!({ "success": true }))
    }

    /// Whoever says that they are offline is still connected: nobody else sees it.
    pub async fn on_presence(
        &self,
        context: &EventContext<'_>,
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
        self.0.set_presence(context.caller(), choice).await?;
        Ok(json!({ "success": true, "status": status }))
    }

    pub async fn on_update_message(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let id: MessageId = input.id("messageId")?;
        let content = input.text("content")?.to_owned();
        let message = self.0.edit_message(context.caller(), id, content).await?;
        let message = render::message(&self.0, &message).await?;
        Ok(json!({ "success": true, "message": message }))
    }

    pub async fn on_delete_message(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id: MessageId = only_id("messageId", arguments)?;
        let message = self.0.delete_message(context.caller(), id).await?;
        Ok(json!({ "success": true, "roomId": message.conversation_id, "messageId": id }))
    }

    /// Clients learn the room's id from the message that says `Direct chat started`. It is written
    /// once, for both, and told again to whoever starts a chat that had begun before.
    pub async fn on_start_direct(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let (chat, caller) = (&self.0, context.caller());
        let user_id: UserId = only_id("targetUserId", arguments)?;
        let had_begun = chat.direct(caller, user_id).await?.conversation.position > 0;
        let head = chat.start_direct(caller, user_id).await?;
        let id = head.conversation.id;
        context.join_room(id);
        if had_begun {
            context.emit(render::start(chat, caller, id).await?);
        }
        Ok(json!({ "success": true, "roomId": id, "room": dto::room(&head) }))
    }

    pub async fn on_toggle_favorite(
        &self,
        context: &EventContext<'_>,
        input: &Input,
    ) -> Result<Value> {
        let target = match input.text("type")? {
            "ROOM" => FavoriteTarget::Conversation(input.id("id")?),
            "USER" => FavoriteTarget::User(input.id("id")?),
            _ => return Err(Error::invalid("type", "must be ROOM or USER")),
        };
        let is_favorite = self.0.toggle_favorite(context.caller(), target).await?;
        Ok(json!({ "success": true, "isFavorite": is_favorite }))
    }

    pub async fn on_get_init_data(&self, context: &EventContext<'_>) -> Result<Value> {
        context.emit(render::init_data(&self.0, context.caller()).await?);
        Ok(json!({ "success": true }))
    }

    pub async fn on_mark_read(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<Value> {
        let id = only_id("roomId", arguments)?;
        let unread = self.0.mark_read(context.caller(), id, i64::MAX).await?;
        Ok(json!({ "success": true, "roomId": id, "unreadCount": unread.unread }))
    }

    /// The room that is an event's only argument, if the context is a member.
    async fn room(
        &self,
        context: &EventContext<'_>,
        arguments: &Arguments,
    ) -> Result<ConversationId> {
        let id = only_id("roomId", arguments)?;
        Ok(self.0.require_joined(context.caller(), id).await?.id)
    }
}
