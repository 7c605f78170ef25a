//! The events that clients of the contract emit.

use super::{
    dto,
    messages::{history, require_group, send},
    render,
};
use crate::{
    contracts::input::{Input, first_id},
    events,
    gateway::{Arguments, ClientEvent, EncodedEvent, EventContext, HandlerResult},
};
use chat::{ConversationMeta, Error, Result};
use model::ConversationId;
use serde_json::{Value, json};
use std::sync::Arc;

pub const EVENTS: &[ClientEvent] = events! {
    "join_group" => on_join_group,
    "leave_group" => on_leave_group,
    "send_message" => on_send_message,
    "typing_start" => on_typing(true),
    "typing_stop" => on_typing(false),
    "get_group_messages" => on_get_group_messages,
    "get_room_info" => on_get_room_info,
};

async fn on_join_group(context: &EventContext<'_>, arguments: Arguments) -> HandlerResult {
    let id = room_of(context, &arguments).await?;
    if context.join_room(id) {
        emit_room_change(context, id, true).await?;
    }
    let joined = json!({ "groupId": id, "memberCount": member_count(context, id) });
    context
        .emit(EncodedEvent::new("joined_group_success", &joined)?)
        .await?;
    Ok(with_success(joined))
}

async fn on_leave_group(context: &EventContext<'_>, arguments: Arguments) -> HandlerResult {
    let id = room_of(context, &arguments).await?;
    if context.leave_room(id) {
        leave_room(context, id).await?;
    }
    let left = json!({ "groupId": id, "memberCount": member_count(context, id) });
    context
        .emit(EncodedEvent::new("left_group_success", &left)?)
        .await?;
    Ok(with_success(left))
}

async fn on_send_message(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let sent = send(context.chat(), context.caller(), &input).await?;
    let message = dto::message(context.chat(), &sent.message).await?;
    Ok(json!({ "success": true, "message": message }))
}

/// Does nothing, and succeeds, for a user who is not in the room.
async fn on_typing(context: &EventContext<'_>, input: Input, typing: bool) -> HandlerResult {
    let (chat, caller) = (context.chat(), context.caller());
    match input.id(chat, caller, "groupId").await {
        Ok(id) if context.users_in_room(id).contains(&caller.user_id) => {
            chat.set_typing(caller, id, typing).await?;
        }
        Ok(_) | Err(Error::NotFound(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(json!({ "success": true }))
}

async fn on_get_group_messages(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let group = named_group(context, &input).await?;
    let page = history(context.chat(), context.caller(), &group, &input).await?;
    context
        .emit(EncodedEvent::new("group_messages", &page)?)
        .await?;
    Ok(with_success(page))
}

async fn on_get_room_info(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id = named_group(context, &input).await?.id;
    let info = render::room(id, &context.users_in_room(id));
    context.emit(EncodedEvent::new("room_info", &info)?).await?;
    Ok(with_success(info))
}

/// For a user who has no socket left in the room: ends their typing, and emits `user_left_group`.
pub async fn leave_room(context: &EventContext<'_>, id: ConversationId) -> Result<()> {
    let (chat, caller) = (context.chat(), context.caller());
    chat.set_typing(caller, id, false).await?;
    emit_room_change(context, id, false).await
}

/// Emits to the others in the room that the caller has joined or left it.
async fn emit_room_change(
    context: &EventContext<'_>,
    id: ConversationId,
    comes: bool,
) -> Result<()> {
    let (chat, user_id) = (context.chat(), context.caller().user_id);
    let seen = context.users_in_room(id);
    for event in render::room_change(chat, id, user_id, comes, &seen).await? {
        context.emit_to_room(id, event).await?;
    }
    Ok(())
}

/// The group that an event's first argument names, if the caller is a member.
async fn room_of(context: &EventContext<'_>, arguments: &Arguments) -> Result<ConversationId> {
    let (chat, caller) = (context.chat(), context.caller());
    let id = first_id(chat, caller, "groupId", arguments).await;
    Ok(require_group(chat, caller, id).await?.id)
}

/// The group that `groupId` names, if the caller is a member.
async fn named_group(context: &EventContext<'_>, input: &Input) -> Result<Arc<ConversationMeta>> {
    let (chat, caller) = (context.chat(), context.caller());
    let id = input.id(chat, caller, "groupId").await;
    require_group(chat, caller, id).await
}

/// The contract counts who is in the room, and not all members.
fn member_count(context: &EventContext<'_>, id: ConversationId) -> usize {
    context.users_in_room(id).len()
}

fn with_success(mut answer: Value) -> Value {
    answer["success"] = true.into();
    answer
}
