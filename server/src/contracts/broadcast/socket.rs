//! The events that clients of the contract emit.

use super::{
    conversations::{require_shown, require_shown_message},
    dto::MessageDto,
    send::{announce, direct_with, send, send_official},
};
use crate::{
    contracts::input::Input,
    events,
    gateway::{ClientEvent, EncodedEvent, EventContext, HandlerResult},
};
use serde_json::json;

pub const EVENTS: &[ClientEvent] = events! {
    "send_message" => on_send_message,
    "typing_start" => on_typing(true),
    "typing_stop" => on_typing(false),
    "mark_message_read" => on_mark_message_read,
    "admin_broadcast" => on_admin_broadcast,
    "admin_message_user" => on_admin_message_user,
    "join_conversation" => on_join_conversation,
    "leave_conversation" => on_leave_conversation,
};

/// `message_sent` is rendered from the event, for all sockets of the sender.
async fn on_send_message(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let (sent, pair) = send(context.chat(), context.caller(), &input).await?;
    let message = MessageDto::new(&sent.message, &pair, None);
    let answer = json!({ "success": true, "data": message });
    if sent.deduplicated {
        // A retry publishes no event, so the confirmation is emitted here, in the same place.
        let confirmation = EncodedEvent::new("message_sent", &answer)?;
        context.emit_after_answer(confirmation).await?;
    }
    Ok(answer)
}

async fn on_typing(context: &EventContext<'_>, input: Input, typing: bool) -> HandlerResult {
    let (chat, caller) = (context.chat(), context.caller());
    // Nobody hears it yet where nobody has seen the receiver.
    let Some(receiver) = input.known_user(chat, caller, "receiverId").await? else {
        return Ok(json!({ "success": true }));
    };
    let meta = direct_with(chat, caller, receiver).await?;
    chat.set_typing(caller, meta.id, typing).await?;
    Ok(json!({ "success": true }))
}

/// Succeeds for a message that is read already: reading a later message has read it too.
async fn on_mark_message_read(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let (chat, caller) = (context.chat(), context.caller());
    let message =
        require_shown_message(chat, caller, input.id(chat, caller, "messageId").await?).await?;
    chat.mark_message_read(caller, message.id).await?;
    Ok(json!({ "success": true, "message": "Message marked as read" }))
}

async fn on_admin_broadcast(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let announcement = announce(context.chat(), context.caller(), &input).await?;
    let answer = json!({ "success": true, "messageCount": announcement.reach });
    context
        .emit(EncodedEvent::new("broadcast_sent", &answer)?)
        .await?;
    Ok(answer)
}

async fn on_admin_message_user(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let (sent, pair) = send_official(context.chat(), context.caller(), &input).await?;
    let message = MessageDto::new(&sent.message, &pair, None);
    let answer = json!({ "success": true, "data": message });
    context
        .emit(EncodedEvent::new("admin_message_sent", &answer)?)
        .await?;
    Ok(answer)
}

/// Checks the membership only: events come to all sockets of the two users.
async fn on_join_conversation(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id = input
        .id(context.chat(), context.caller(), "conversationId")
        .await?;
    let meta = require_shown(context.chat(), context.caller(), id).await?;
    Ok(json!({ "success": true, "conversationId": meta.id }))
}

async fn on_leave_conversation(context: &EventContext<'_>, input: Input) -> HandlerResult {
    let id = input
        .id(context.chat(), context.caller(), "conversationId")
        .await?;
    let meta = require_shown(context.chat(), context.caller(), id).await?;
    Ok(json!({ "success": true, "conversationId": meta.id }))
}
