//! What happened, as clients of the contract hear it.

use super::dto::{self, Message, Pair};
use crate::{
    contracts::{iso, pairs},
    gateway::{EncodedEvent, Fanout},
};
use chat::{Chat, ConversationMeta, Error, Result};
use model::{
    Announcement, ConversationId, Event, Message as Noun, Presence, PresenceStatus, Receipt, UserId,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub async fn render(chat: &Chat, event: &Event) -> Result<Vec<Fanout>> {
    match event {
        Event::MessageCreated { message, .. } => sent(chat, message).await,
        Event::MessageUpdated { message, .. } => edited(chat, message).await,
        Event::MessageDeleted { message, .. } => deleted(chat, message).await,
        Event::ReceiptUpdated(receipt) => read(chat, receipt).await,
        Event::Typing {
            conversation_id,
            user_id,
            typing,
        } => typed(chat, *conversation_id, *user_id, *typing).await,
        Event::PresenceChanged(presence) => Ok(vec![Fanout::to_all(status(presence)?)]),
        Event::AnnouncementMade(made) => Ok(vec![Fanout::to_all(announcement(made)?)]),

        _ => Ok(Vec::new()),
    }
}

/// The two people of a conversation, in the words of the contract.
pub async fn pair(chat: &Chat, meta: &ConversationMeta) -> Result<Pair> {
    let (low, high) = meta.pair.ok_or(Error::NotFound("conversation"))?;
    let (low, high) = (chat.user_card(low).await?, chat.user_card(high).await?);
    Ok(Pair {
        low: (&*low).into(),
        high: (&*high).into(),
    })
}

pub fn announcement(announcement: &Announcement) -> Result<EncodedEvent> {
    EncodedEvent::new("admin_broadcast", &dto::announcement(announcement))
}

/// `new_message` to the receiver, `message_sent` to the sender, on whatever device or door it was
/// written.
async fn sent(chat: &Chat, message: &Noun) -> Result<Vec<Fanout>> {
    let Some(meta) = pairs::meta(chat, message.conversation_id).await? else {
        return Ok(Vec::new());
    };
    let sender = message.sender.id;
    let pair = pair(chat, &meta).await?;
    let data = Message::new(message, &pair, None);
    let enveloped = json!({ "success": true, "data": data });
    let updated = json!({ "conversationId": message.conversation_id, "lastMessage": data });
    Ok(vec![
        Fanout::to(EncodedEvent::new("new_message", &enveloped)?, move |it| {
            it.user_id != sender
        }),
        Fanout::to(EncodedEvent::new("message_sent", &enveloped)?, move |it| {
            it.user_id == sender
        }),
        Fanout::to(EncodedEvent::new("conversation_updated", &updated)?, |it| {
            it.is_in_room
        }),
    ])
}

async fn edited(chat: &Chat, message: &Noun) -> Result<Vec<Fanout>> {
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

async fn deleted(chat: &Chat, message: &Noun) -> Result<Vec<Fanout>> {
    let payload = json!({ "messageId": message.id, "conversationId": message.conversation_id });
    changed(chat, message, "message_deleted", &payload).await
}

async fn changed(
    chat: &Chat,
    message: &Noun,
    name: &'static str,
    payload: &Value,
) -> Result<Vec<Fanout>> {
    Ok(match pairs::meta(chat, message.conversation_id).await? {
        Some(_) => vec![Fanout::to_all(EncodedEvent::new(name, payload)?)],
        None => Vec::new(),
    })
}

/// One for each message, to whoever wrote it.
async fn read(chat: &Chat, receipt: &Receipt) -> Result<Vec<Fanout>> {
    let Some(moved) = &receipt.moved else {
        return Ok(Vec::new());
    };
    if pairs::meta(chat, receipt.conversation_id).await?.is_none() {
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
        let (printed, sender) = (EncodedEvent::new("message_read", &payload)?, *sender);
        Ok(Fanout::to(printed, move |it| it.user_id == sender))
    });
    told.collect()
}

async fn typed(
    chat: &Chat,
    conversation_id: ConversationId,
    user_id: UserId,
    typing: bool,
) -> Result<Vec<Fanout>> {
    if pairs::meta(chat, conversation_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let payload = json!({
        "senderId": user_id,
        "senderName": chat.user_card(user_id).await?.name,
        "isTyping": typing,
        "conversationId": conversation_id,
    });
    let printed = EncodedEvent::new("user_typing", &payload)?.volatile();
    Ok(vec![Fanout::to_all(printed)])
}

fn status(presence: &Presence) -> Result<EncodedEvent> {
    let payload = json!({
        "userId": presence.user_id,
        "isOnline": presence.status != PresenceStatus::Offline,
        "timestamp": iso(presence.last_seen_at.unwrap_or_else(OffsetDateTime::now_utc)),
    });
    Ok(EncodedEvent::new("user_status_update", &payload)?.volatile())
}
