//! The events that clients of the contract emit.

use super::{
    dto,
    requests::{create, online_users, require_member, require_message, send},
};
use crate::{
    contracts::input::Input,
    events,
    gateway::{Arguments, ClientEvent, EncodedEvent, EventContext, HandlerResult},
};
use serde_json::json;

pub const EVENTS: &[ClientEvent] = events! {
    "createConversation" => on_create_conversation,
    "joinRoom" => on_join_room,
    "sendMessage" => on_send_message,
    "typing" => on_typing(true),
    "stopTyping" => on_typing(false),
    "markAsRead" => on_mark_as_read,
    "markConversationAsRead" => on_mark_conversation_as_read,
    "getOnlineUsers" => on_get_online_users,
};

async fn on_create_conversation(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let conversation = create(context.chat(), context.caller(), &input).await?;
    Ok(json!({ "success": true, "conversation": conversation }))
}

/// Checks the membership only: the socket is in the room already.
async fn on_join_room(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id = require_member(context.chat(), context.caller(), &input).await?;
    Ok(json!({ "success": true, "conversationId": id }))
}

async fn on_send_message(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let message = send(context.chat(), context.caller(), &input)
        .await?
        .message;
    let mut confirmation = json!({ "messageId": message.id });
    if let Some(temp_id) = input.get("tempId") {
        confirmation["tempId"] = temp_id.clone();
    }
    context
        .emit(EncodedEvent::new("messageSent", &confirmation)?)
        .await?;
    Ok(json!({ "success": true, "message": dto::new_message(&message) }))
}

async fn on_typing(context: &EventContext<'_>, input: Input, typing: bool) -> HandlerResult {
    let id = input
        .id(context.chat(), context.caller(), "conversationId")
        .await?;
    let (chat, caller) = (context.chat(), context.caller());
    chat.set_typing(caller, id, typing).await?;
    Ok(json!({ "success": true }))
}

/// Marks the message and all messages before it.
async fn on_mark_as_read(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let (chat, caller) = (context.chat(), context.caller());
    let message = require_message(chat, caller, &input).await?;
    chat.mark_read(caller, message.conversation_id, message.position)
        .await?;
    Ok(json!({ "success": true }))
}

async fn on_mark_conversation_as_read(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id = input
        .id(context.chat(), context.caller(), "conversationId")
        .await?;
    let (chat, caller) = (context.chat(), context.caller());
    chat.mark_read(caller, id, i64::MAX).await?;
    Ok(json!({ "success": true }))
}

/// Answers by the acknowledgement, and by an event for clients that ask for no acknowledgement.
async fn on_get_online_users(context: &EventContext<'_>, _: Arguments) -> HandlerResult {
    let online = online_users(context.chat(), context.caller()).await?;
    context
        .emit(EncodedEvent::new("onlineUsers", &online)?)
        .await?;
    Ok(json!({ "onlineUsers": online }))
}
