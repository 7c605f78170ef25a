//! What happened, as clients of the contract hear it.

use super::wire::{self, Message, Pair};
use crate::{
    contracts::{iso, pairs},
    socket::{Printed, Told},
};
use chat::{Chat, Error, Result, Scene};
use model::{
    Announcement, ConversationId, Event, Message as Noun, Presence, PresenceStatus, Receipt, UserId,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub async fn print(chat: &Chat, event: &Event) -> Result<Vec<Told>> {
    match event {
        Event::MessageSent { message, .. } => sent(chat, message).await,
        Event::MessageUpdated { message, .. } => edited(chat, message).await,
        Event::MessageDeleted { message, .. } => deleted(chat, message).await,
        Event::ReceiptUpdated(receipt) => read(chat, receipt).await,
        Event::Typing {
            conversation_id,
            user_id,
            typing,
        } => typed(chat, *conversation_id, *user_id, *typing).await,
        Event::PresenceChanged(presence) => Ok(vec![Told::to_all(status(presence)?)]),
        Event::AnnouncementMade(made) => Ok(vec![Told::to_all(announcement(made)?)]),

        _ => Ok(Vec::new()),
    }
}

/// The two people of a conversation, in the words of the contract.
pub async fn pair(chat: &Chat, scene: &Scene) -> Result<Pair> {
    let (low, high) = scene.pair.ok_or(Error::NotFound("conversation"))?;
    let (low, high) = (chat.contact(low).await?, chat.contact(high).await?);
    Ok(Pair {
        low: (&*low).into(),
        high: (&*high).into(),
    })
}

pub fn announcement(announcement: &Announcement) -> Result<Printed> {
    Printed::new("admin_broadcast", &wire::announcement(announcement))
}

/// `new_message` to the receiver, `message_sent` to the sender, on whatever device or door it was
/// written.
async fn sent(chat: &Chat, message: &Noun) -> Result<Vec<Told>> {
    let Some(scene) = pairs::scene(chat, message.conversation_id).await? else {
        return Ok(Vec::new());
    };
    let sender = message.sender.id;
    let pair = pair(chat, &scene).await?;
    let data = Message::new(message, &pair, None);
    let enveloped = json!({ "success": true, "data": data });
    let updated = json!({ "conversationId": message.conversation_id, "lastMessage": data });
    Ok(vec![
        Told::to(Printed::new("new_message", &enveloped)?, move |it| {
            it.user_id != sender
        }),
        Told::to(Printed::new("message_sent", &enveloped)?, move |it| {
            it.user_id == sender
        }),
        Told::to(Printed::new("conversation_updated", &updated)?, |it| {
            it.is_present
        }),
    ])
}

async fn edited(chat: &Chat, message: &Noun) -> Result<Vec<Told>> {
    let Some(edited_at) = message.edited_at else {
        return Ok(Vec::new());
    };
    let payload = json!({
        "messageId": message.id,
        "conversationId": message.conversation_id,
        "message": message.body,
        "updatedAt": iso(edited_at),
    });
    changed(chat, message, "message_updated", &payload).await
}

async fn deleted(chat: &Chat, message: &Noun) -> Result<Vec<Told>> {
    let payload = json!({ "messageId": message.id, "conversationId": message.conversation_id });
    changed(chat, message, "message_deleted", &payload).await
}

async fn changed(
    chat: &Chat,
    message: &Noun,
    name: &'static str,
    payload: &Value,
) -> Result<Vec<Told>> {
    Ok(match pairs::scene(chat, message.conversation_id).await? {
        Some(_) => vec![Told::to_all(Printed::new(name, payload)?)],
        None => Vec::new(),
    })
}

/// One for each message, to whoever wrote it.
async fn read(chat: &Chat, receipt: &Receipt) -> Result<Vec<Told>> {
    let Some(moved) = &receipt.moved else {
        return Ok(Vec::new());
    };
    if pairs::scene(chat, receipt.conversation_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let read_at = iso(moved.at);
    let told = moved.read.iter().map(|(message_id, sender)| {
        let payload = json!({
            "messageId": message_id,
            "readBy": receipt.user_id,
            "readAt": read_at,
            "conversationId": receipt.conversation_id,
        });
        let (printed, sender) = (Printed::new("message_read", &payload)?, *sender);
        Ok(Told::to(printed, move |it| it.user_id == sender))
    });
    told.collect()
}

async fn typed(
    chat: &Chat,
    conversation_id: ConversationId,
    user_id: UserId,
    typing: bool,
) -> Result<Vec<Told>> {
    if pairs::scene(chat, conversation_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let payload = json!({
        "senderId": user_id,
        "senderName": chat.contact(user_id).await?.name,
        "isTyping": typing,
        "conversationId": conversation_id,
    });
    let printed = Printed::new("user_typing", &payload)?.volatile();
    Ok(vec![Told::to_all(printed)])
}

fn status(presence: &Presence) -> Result<Printed> {
    let payload = json!({
        "userId": presence.user_id,
        "isOnline": presence.status != PresenceStatus::Offline,
        "timestamp": iso(presence.last_seen_at.unwrap_or_else(OffsetDateTime::now_utc)),
    });
    Ok(Printed::new("user_status_update", &payload)?.volatile())
}
