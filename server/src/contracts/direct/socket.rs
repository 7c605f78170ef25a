//! The events that clients of the contract emit.

use super::{dto::SocketMessage, render, send::send};
use crate::{
    contracts::{direct_pair::require_direct, input::Input},
    events,
    gateway::{Arguments, ClientEvent, EncodedEvent, EventContext, HandlerResult, UserRef},
};
use chat::Result;
use model::{ConversationId, PresenceStatus};
use serde_json::json;
use std::{
    collections::HashSet,
    future::{Ready, ready},
};

pub const EVENTS: &[ClientEvent] = events! {
    "join_conversation" => on_join_conversation,
    "leave_conversation" => on_leave_conversation,
    "send_message" => on_send_message,
    "typing" => on_typing(true),
    "stop_typing" => on_typing(false),
    "mark_as_read" => on_mark_as_read,
    "join_personal_room" => on_join_personal_room,
    "check_online" => on_check_online,
};

async fn on_join_conversation(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id = conversation(context, &input).await?;
    if context.join_room(id) {
        emit_room_change(context, id, true).await?;
    }
    Ok(json!({ "success": true, "conversationId": id.0 }))
}

async fn on_leave_conversation(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id = conversation(context, &input).await?;
    if context.leave_room(id) {
        emit_user_left(context, id).await?;
    }
    Ok(json!({ "success": true, "conversationId": id.0 }))
}

async fn on_send_message(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let (sent, pair) = send(context.chat(), context.caller(), &input).await?;
    let message = SocketMessage::new(&sent.message, &pair, false);
    Ok(json!({ "success": true, "message": "Message sent", "data": message }))
}

async fn on_typing(context: &EventContext<'_>, input: Input, typing: bool) -> HandlerResult {
    let id = conversation(context, &input).await?;
    let (chat, caller) = (context.chat(), context.caller());
    chat.set_typing(caller, id, typing).await?;
    Ok(json!({ "success": true }))
}

async fn on_mark_as_read(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id = conversation(context, &input).await?;
    let (chat, caller) = (context.chat(), context.caller());
    chat.mark_read(caller, id, i64::MAX).await?;
    Ok(json!({ "success": true, "message": "Messages marked as read" }))
}

/// Does nothing: every socket receives its user's notifications from the start.
fn on_join_personal_room(_: &EventContext<'_>, _: Arguments) -> Ready<HandlerResult> {
    ready(Ok(json!({ "success": true })))
}

/// Answers with those of `userIds` who are online and share a conversation with the caller.
async fn on_check_online(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let named = input
        .known_users(context.chat(), context.caller(), "userIds")
        .await?;
    let online = context.chat().online_users(context.caller()).await?;
    let online: HashSet<_> = online
        .into_iter()
        .filter(|user| user.presence != PresenceStatus::Offline)
        .map(|user| user.id)
        .collect();
    let named = named.iter().filter(|id| online.contains(id));
    let ids: Vec<_> = named.map(|id| UserRef(*id)).collect();
    let status = json!({ "onlineUsers": ids });
    context
        .emit(EncodedEvent::new("online_status", &status)?)
        .await?;
    Ok(json!({ "success": true, "onlineUsers": ids }))
}

/// The conversation that an event names, if it is a direct conversation of the caller's.
async fn conversation(context: &EventContext<'_>, input: &Input) -> Result<ConversationId> {
    let id = input
        .id(context.chat(), context.caller(), "conversationId")
        .await?;
    let meta = require_direct(context.chat(), context.caller(), id).await?;
    Ok(meta.id)
}

pub async fn emit_user_left(context: &EventContext<'_>, id: ConversationId) -> Result<()> {
    emit_room_change(context, id, false).await
}

/// Emits to the other in the room that the caller has joined or left it.
async fn emit_room_change(
    context: &EventContext<'_>,
    id: ConversationId,
    comes: bool,
) -> Result<()> {
    let event = render::room_change(id, context.caller().user_id, comes)?;
    context.emit_to_room(id, event).await
}
