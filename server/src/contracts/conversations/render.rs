//! Events of the chat in the words of the contract.

use super::dto;
use crate::{
    contracts::{
        fanouts::{to_all, volatile_to_all},
        timestamp::iso,
    },
    gateway::{Fanout, UserRef},
};
use chat::{Chat, Result};
use model::{ConversationId, Message, Presence, PresenceStatus, Receipt, UserId};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub fn message_created(message: &Message) -> Result<Vec<Fanout>> {
    let id = message.conversation_id;
    let payload = json!({ "message": dto::new_message(message), "conversationId": id });
    to_all("newMessage", &payload)
}

/// Nothing for a change of reactions, which the contract does not have.
pub fn message_updated(message: &Message) -> Result<Vec<Fanout>> {
    let Some(edited_at) = message.edited_at else {
        return Ok(Vec::new());
    };
    let mut payload = ids(message);
    payload["content"] = message.plain_body().into();
    payload["updatedAt"] = iso(edited_at).into();
    to_all("messageUpdated", &payload)
}

pub fn message_deleted(message: &Message) -> Result<Vec<Fanout>> {
    to_all("messageDeleted", &ids(message))
}

fn ids(message: &Message) -> Value {
    json!({ "messageId": message.id, "conversationId": message.conversation_id })
}

/// `messageDelivered` and `messageRead` for each message, as clients keep a status per message, and
/// `conversationRead` if nothing is left to read.
pub fn receipt_updated(receipt: &Receipt) -> Result<Vec<Fanout>> {
    let Some(moved) = &receipt.details else {
        return Ok(Vec::new());
    };
    let (id, user_id, at) = (receipt.conversation_id, receipt.user_id, iso(moved.at));
    let mut fanouts = Vec::new();
    for (message_id, _) in &moved.delivered {
        let payload = json!({ "messageId": message_id, "conversationId": id, "deliveredTo": UserRef(user_id), "deliveredAt": at });
        fanouts.extend(to_all("messageDelivered", &payload)?);
    }
    for (message_id, _) in &moved.read {
        let payload = json!({ "messageId": message_id, "conversationId": id, "readBy": UserRef(user_id), "readAt": at });
        fanouts.extend(to_all("messageRead", &payload)?);
    }
    if moved.is_caught_up && !moved.read.is_empty() {
        let payload = json!({ "conversationId": id, "readBy": UserRef(user_id), "readAt": at });
        fanouts.extend(to_all("conversationRead", &payload)?);
    }
    Ok(fanouts)
}

pub async fn typing(
    chat: &Chat,
    id: ConversationId,
    user_id: UserId,
    typing: bool,
) -> Result<Vec<Fanout>> {
    let mut payload = json!({ "userId": UserRef(user_id), "conversationId": id });
    let name = if typing {
        payload["username"] = chat.user_card(user_id).await?.username.as_str().into();
        "userTyping"
    } else {
        "userStoppedTyping"
    };
    volatile_to_all(name, &payload)
}

/// `Away` counts as online.
pub fn presence_changed(presence: &Presence) -> Result<Vec<Fanout>> {
    let status = match presence.status {
        PresenceStatus::Offline => "offline",
        PresenceStatus::Online | PresenceStatus::Away => "online",
    };
    let timestamp = iso(OffsetDateTime::now_utc());
    let payload =
        json!({ "userId": UserRef(presence.user_id), "status": status, "timestamp": timestamp });
    volatile_to_all("userStatusChanged", &payload)
}
