//! Events of the chat in the words of the contract.

use super::dto::{Pair, SocketMessage};
use crate::{
    contracts::{
        fanouts::{to_room, volatile_to_room},
        timestamp::iso,
    },
    gateway::{EncodedEvent, Fanout, Recipient, UserRef},
};
use chat::{Chat, ConversationMeta, Result};
use model::{ConversationId, Message, Receipt, UserId};
use serde_json::json;

/// `new_message` to sockets in the room and to all sockets of the sender, `message_notification` to
/// the others.
pub async fn message_created(
    chat: &Chat,
    message: &Message,
    meta: &ConversationMeta,
) -> Result<Vec<Fanout>> {
    let sender = message.sender.id;
    let in_full = move |it: &Recipient| it.is_in_room || it.user_id == sender;
    let pair = Pair::load(chat, meta).await?;
    let new_message = SocketMessage::new(message, &pair, false);
    let notification = json!({
        "from": UserRef(sender),
        "conversationId": message.conversation_id.0,
        "content": message.plain_body(),
        "timestamp": iso(message.created_at),
    });
    let mut fanouts = vec![
        Fanout::to(EncodedEvent::new("new_message", &new_message)?, in_full),
        Fanout::to(
            EncodedEvent::new("message_notification", &notification)?,
            move |it| !in_full(it),
        ),
    ];
    if let Some(receiver) = meta.other(sender) {
        fanouts.extend(unread_count(chat, receiver).await?);
    }
    Ok(fanouts)
}

/// Nothing for a change of reactions, which the contract does not have.
pub fn message_updated(message: &Message) -> Result<Vec<Fanout>> {
    let Some(edited_at) = message.edited_at else {
        return Ok(Vec::new());
    };
    let payload = json!({
        "id": message.id.0,
        "conversationId": message.conversation_id.0,
        "content": message.plain_body(),
        "editedAt": iso(edited_at),
    });
    to_room("message_updated", &payload)
}

/// `message_deleted` to sockets in the room, and to the receiver what is left unread.
pub async fn message_deleted(
    chat: &Chat,
    message: &Message,
    meta: &ConversationMeta,
) -> Result<Vec<Fanout>> {
    let payload = json!({ "id": message.id.0, "conversationId": message.conversation_id.0 });
    let mut fanouts = to_room("message_deleted", &payload)?;
    if let Some(receiver) = meta.other(message.sender.id) {
        fanouts.extend(unread_count(chat, receiver).await?);
    }
    Ok(fanouts)
}

pub async fn receipt_updated(chat: &Chat, receipt: &Receipt) -> Result<Vec<Fanout>> {
    let Some(moved) = &receipt.details else {
        return Ok(Vec::new());
    };
    // An equal read position means that only the delivered position has moved.
    if receipt.read_position == moved.from {
        return Ok(Vec::new());
    }
    let mut fanouts = Vec::new();
    if !moved.read.is_empty() {
        let payload = json!({
            "conversationId": receipt.conversation_id.0,
            "userId": UserRef(receipt.user_id),
            "readAt": iso(moved.at),
        });
        fanouts = to_room("messages_read", &payload)?;
    }
    fanouts.extend(unread_count(chat, receipt.user_id).await?);
    Ok(fanouts)
}

pub fn typing(id: ConversationId, user_id: UserId, typing: bool) -> Result<Vec<Fanout>> {
    let name = if typing {
        "user_typing"
    } else {
        "user_stopped_typing"
    };
    let payload = json!({ "userId": UserRef(user_id), "conversationId": id.0 });
    volatile_to_room(name, &payload)
}

/// `user_joined` or `user_left`.
pub fn room_change(id: ConversationId, user_id: UserId, comes: bool) -> Result<EncodedEvent> {
    let (name, did) = if comes {
        ("user_joined", "joined")
    } else {
        ("user_left", "left")
    };
    let user = UserRef(user_id);
    let payload = json!({
        "userId": user,
        "message": format!("User {user} {did} the conversation"),
        "conversationId": id.0,
    });
    EncodedEvent::new(name, &payload)
}

/// `unread_count_updated` to all sockets of the user; None if the user is not connected.
async fn unread_count(chat: &Chat, user_id: UserId) -> Result<Option<Fanout>> {
    let Some(count) = chat.direct_unread_of(user_id).await? else {
        return Ok(None);
    };
    let payload = json!({ "unreadCount": count });
    let event = EncodedEvent::new("unread_count_updated", &payload)?;
    Ok(Some(Fanout::to(event, move |it| it.user_id == user_id)))
}
