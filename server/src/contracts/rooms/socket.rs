//! The events that clients of the contract emit.

use super::{dto, render};
use crate::{
    contracts::input::{Input, first_id, first_text},
    events,
    gateway::{Arguments, ClientEvent, EventContext, HandlerResult},
};
use chat::{Error, FavoriteTarget, Result};
use model::{ConversationId, MessageId, PresenceChoice, UserId};
use serde_json::json;

pub const EVENTS: &[ClientEvent] = events! {
    "chat:join" => on_join,
    "chat:leave" => on_leave,
    "chat:send_message" => on_send_message,
    "chat:typing" => on_typing,
    "chat:presence" => on_presence,
    "chat:update_message" => on_update_message,
    "chat:delete_message" => on_delete_message,
    "chat:start_direct" => on_start_direct,
    "chat:toggle_favorite" => on_toggle_favorite,
    "chat:get_init_data" => on_get_init_data,
    "chat:mark_read" => on_mark_read,
};

async fn on_join(context: &EventContext<'_>, arguments: Arguments) -> HandlerResult {
    let id = room(context, &arguments).await?;
    context.join_room(id);
    Ok(json!({ "success": true, "roomId": id }))
}

/// The socket leaves the room; its user remains a member.
async fn on_leave(context: &EventContext<'_>, arguments: Arguments) -> HandlerResult {
    let id = room(context, &arguments).await?;
    context.leave_room(id);
    Ok(json!({ "success": true, "roomId": id }))
}

async fn on_send_message(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let (chat, caller) = (context.chat(), context.caller());
    let new = dto::new_message(chat, caller, &input).await?;
    let id = input.id(context.chat(), context.caller(), "roomId").await?;
    let sent = chat.send_message(context.caller(), id, new).await?;
    let message = render::message(chat, &sent.message).await?;
    Ok(json!({ "success": true, "message": message }))
}

async fn on_typing(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id: ConversationId = input.id(context.chat(), context.caller(), "roomId").await?;
    let is_typing = input.flag("isTyping")?;
    let (chat, caller) = (context.chat(), context.caller());
    chat.set_typing(caller, id, is_typing).await?;
    Ok(json!({ "success": true }))
}

/// `offline` is the presence `Invisible`: the user appears offline to others and stays connected.
async fn on_presence(context: &EventContext<'_>, arguments: Arguments) -> HandlerResult {
    let status = first_text("status", &arguments)?;
    let presence = match status {
        "online" => PresenceChoice::Online,
        "away" => PresenceChoice::Away,
        "offline" => PresenceChoice::Invisible,
        _ => {
            let reason = "must be online, away or offline";
            return Err(Error::invalid("status", reason).into());
        }
    };
    let caller = context.caller();
    context.chat().set_presence(caller, presence).await?;
    Ok(json!({ "success": true, "status": status }))
}

async fn on_update_message(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id: MessageId = input
        .id(context.chat(), context.caller(), "messageId")
        .await?;
    let body = input.text("content")?.to_owned();
    let chat = context.chat();
    let message = chat.edit_message(context.caller(), id, body).await?;
    let message = render::message(chat, &message).await?;
    Ok(json!({ "success": true, "message": message }))
}

async fn on_delete_message(context: &EventContext<'_>, arguments: Arguments) -> HandlerResult {
    let id: MessageId = first_id(context.chat(), context.caller(), "messageId", &arguments).await?;
    let (chat, caller) = (context.chat(), context.caller());
    let message = chat.delete_message(caller, id).await?;
    Ok(json!({ "success": true, "roomId": message.conversation_id, "messageId": id }))
}

/// Clients learn the id of the room from the system message `Direct chat started`. It is written
/// once, for both users, and emitted again to a user who starts a chat that exists already.
async fn on_start_direct(context: &EventContext<'_>, arguments: Arguments) -> HandlerResult {
    let (chat, caller) = (context.chat(), context.caller());
    let user_id: UserId = first_id(chat, caller, "targetUserId", &arguments).await?;
    let existed = chat.direct(caller, user_id).await?.conversation.position > 0;
    let head = chat.start_direct(caller, user_id).await?;
    let id = head.conversation.id;
    context.join_room(id);
    if existed {
        context.emit(render::start(chat, caller, id).await?).await?;
    }
    Ok(json!({ "success": true, "roomId": id, "room": dto::room(&head) }))
}

async fn on_toggle_favorite(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let target = match input.text("type")? {
        "ROOM" => {
            FavoriteTarget::Conversation(input.id(context.chat(), context.caller(), "id").await?)
        }
        "USER" => FavoriteTarget::User(input.id(context.chat(), context.caller(), "id").await?),
        _ => return Err(Error::invalid("type", "must be ROOM or USER").into()),
    };
    let (chat, caller) = (context.chat(), context.caller());
    let is_favorite = chat.toggle_favorite(caller, target).await?;
    Ok(json!({ "success": true, "isFavorite": is_favorite }))
}

async fn on_get_init_data(context: &EventContext<'_>, _: Arguments) -> HandlerResult {
    context
        .emit(render::init_data(context.chat(), context.caller()).await?)
        .await?;
    Ok(json!({ "success": true }))
}

async fn on_mark_read(context: &EventContext<'_>, arguments: Arguments) -> HandlerResult {
    let id = first_id(context.chat(), context.caller(), "roomId", &arguments).await?;
    let (chat, caller) = (context.chat(), context.caller());
    let unread = chat.mark_read(caller, id, i64::MAX).await?;
    Ok(json!({ "success": true, "roomId": id, "unreadCount": unread.unread }))
}

/// The room that an event's first argument names, if the caller is a member.
async fn room(context: &EventContext<'_>, arguments: &Arguments) -> Result<ConversationId> {
    let id = first_id(context.chat(), context.caller(), "roomId", arguments).await?;
    let (chat, caller) = (context.chat(), context.caller());
    Ok(chat.require_joined(caller, id).await?.id)
}
