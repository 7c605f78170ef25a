//! Events of the chat in the words of the contract.

use super::dto::{self, MessageDto, Pair, Person};
use crate::{
    contracts::{
        fanouts::{to_all, volatile_to_all},
        timestamp::iso,
    },
    gateway::{EncodedEvent, Fanout, UserRef},
};
use chat::{Chat, ConversationMeta, Result};
use model::{Announcement, ConversationId, Message, Presence, PresenceStatus, Receipt, UserId};
use serde_json::json;
use time::OffsetDateTime;

/// The event of an announcement.
pub const ADMIN_BROADCAST: &str = "admin_broadcast";

pub fn announcement(announcement: &Announcement) -> Result<EncodedEvent> {
    EncodedEvent::new(ADMIN_BROADCAST, &dto::announcement(announcement))
}

/// `admin_broadcast` and `conversation_updated` to everybody.
pub async fn announced(chat: &Chat, message: &Message) -> Result<Vec<Fanout>> {
    let made = chat.announcement(message.id).await?;
    let sender = Person::from(&*chat.user_card(message.sender.id).await?);
    let shown = MessageDto::announced(message, &sender, None, false, None);
    let updated = json!({ "conversationId": message.conversation_id, "lastMessage": shown });
    Ok(vec![
        Fanout::to_all(announcement(&made)?),
        Fanout::to_all(EncodedEvent::new("conversation_updated", &updated)?),
    ])
}

/// `new_message` to the receiver, `message_sent` to all sockets of the sender, and
/// `conversation_updated` to both.
pub async fn message_created(
    chat: &Chat,
    message: &Message,
    meta: &ConversationMeta,
) -> Result<Vec<Fanout>> {
    let sender = message.sender.id;
    let pair = Pair::load(chat, meta).await?;
    let data = MessageDto::new(message, &pair, None);
    let enveloped = json!({ "success": true, "data": data });
    let updated = json!({ "conversationId": message.conversation_id, "lastMessage": data });
    Ok(vec![
        Fanout::to(EncodedEvent::new("new_message", &enveloped)?, move |it| {
            it.user_id != sender
        }),
        Fanout::to(EncodedEvent::new("message_sent", &enveloped)?, move |it| {
            it.user_id == sender
        }),
        Fanout::to_all(EncodedEvent::new("conversation_updated", &updated)?),
    ])
}

/// Nothing for a change of reactions, which the contract does not have.
pub fn message_updated(message: &Message) -> Result<Vec<Fanout>> {
    let Some(edited_at) = message.edited_at else {
        return Ok(Vec::new());
    };
    let payload = json!({
        "messageId": message.id,
        "conversationId": message.conversation_id,
        "message": message.plain_body(),
        "updatedAt": iso(edited_at),
    });
    to_all("message_updated", &payload)
}

pub fn message_deleted(message: &Message) -> Result<Vec<Fanout>> {
    let payload = json!({ "messageId": message.id, "conversationId": message.conversation_id });
    to_all("message_deleted", &payload)
}

/// One `message_read` for each message, to its sender.
pub fn receipt_updated(receipt: &Receipt) -> Result<Vec<Fanout>> {
    let Some(moved) = &receipt.details else {
        return Ok(Vec::new());
    };
    let read_at = iso(moved.at);
    let fanouts = moved.read.iter().map(|(message_id, sender)| {
        let payload = json!({
            "messageId": message_id,
            "readBy": UserRef(receipt.user_id),
            "readAt": read_at,
            "conversationId": receipt.conversation_id,
        });
        let (event, sender) = (EncodedEvent::new("message_read", &payload)?, *sender);
        Ok(Fanout::to(event, move |it| it.user_id == sender))
    });
    fanouts.collect()
}

pub async fn typing(
    chat: &Chat,
    id: ConversationId,
    user_id: UserId,
    typing: bool,
) -> Result<Vec<Fanout>> {
    let payload = json!({
        "senderId": UserRef(user_id),
        "senderName": chat.user_card(user_id).await?.name,
        "isTyping": typing,
        "conversationId": id,
    });
    volatile_to_all("user_typing", &payload)
}

pub fn presence_changed(presence: &Presence) -> Result<Vec<Fanout>> {
    let payload = json!({
        "userId": UserRef(presence.user_id),
        "isOnline": presence.status != PresenceStatus::Offline,
        "timestamp": iso(presence.last_seen_at.unwrap_or_else(OffsetDateTime::now_utc)),
    });
    volatile_to_all("user_status_update", &payload)
}
