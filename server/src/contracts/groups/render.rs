//! Events of the chat in the words of the contract.

use super::dto;
use crate::{
    contracts::fanouts::{to_room, volatile_to_room},
    gateway::{EncodedEvent, Fanout, UserRef},
};
use chat::{Chat, Result};
use model::{ConversationId, Message, UserId};
use serde_json::{Value, json};

/// `message_received` to sockets in the room and to all sockets of the sender.
pub async fn message_created(chat: &Chat, message: &Message) -> Result<Vec<Fanout>> {
    let sender = message.sender.id;
    let payload = dto::message(chat, message).await?;
    let event = EncodedEvent::new("message_received", &payload)?;
    Ok(vec![Fanout::to(event, move |it| {
        it.is_in_room || it.user_id == sender
    })])
}

pub async fn message_updated(chat: &Chat, message: &Message) -> Result<Vec<Fanout>> {
    to_room("message_updated", &dto::message(chat, message).await?)
}

pub fn message_deleted(message: &Message) -> Result<Vec<Fanout>> {
    let payload = json!({ "messageId": message.id, "groupId": message.conversation_id });
    to_room("message_deleted", &payload)
}

pub async fn typing(
    chat: &Chat,
    id: ConversationId,
    user_id: UserId,
    typing: bool,
) -> Result<Vec<Fanout>> {
    if typing {
        volatile_to_room("user_typing", &user(chat, id, user_id).await?)
    } else {
        let payload = json!({ "userId": UserRef(user_id), "groupId": id });
        volatile_to_room("user_stopped_typing", &payload)
    }
}

pub async fn member_removed(
    chat: &Chat,
    id: ConversationId,
    user_id: UserId,
) -> Result<Vec<Fanout>> {
    to_room("user_left_group", &user(chat, id, user_id).await?)
}

/// `user_joined_group` or `user_left_group`, and `room_members_update`.
pub async fn room_change(
    chat: &Chat,
    id: ConversationId,
    user_id: UserId,
    comes: bool,
    seen: &[UserId],
) -> Result<Vec<EncodedEvent>> {
    let name = if comes {
        "user_joined_group"
    } else {
        "user_left_group"
    };
    let mut user = user(chat, id, user_id).await?;
    user["memberCount"] = seen.len().into();
    Ok(vec![
        EncodedEvent::new(name, &user)?,
        EncodedEvent::new("room_members_update", &room(id, seen))?,
    ])
}

/// The users in a room.
pub fn room(id: ConversationId, seen: &[UserId]) -> Value {
    let users: Vec<_> = seen.iter().map(|id| UserRef(*id)).collect();
    json!({ "groupId": id, "onlineMembers": users, "memberCount": seen.len() })
}

/// `{userId, userName, groupId}`: a user who has joined the room, types in it, or has left it.
pub async fn user(chat: &Chat, id: ConversationId, user_id: UserId) -> Result<Value> {
    let card = chat.user_card(user_id).await?;
    Ok(json!({ "userId": UserRef(user_id), "userName": card.name, "groupId": id }))
}
