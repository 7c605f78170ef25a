//! What happened, as clients of the contract hear it.

use super::dto;
use crate::{
    contracts::iso,
    gateway::{EncodedEvent, Fanout},
};
use chat::{Chat, Result};
use model::{ConversationId, Event, Message, Presence, PresenceStatus, Receipt, UserId};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub async fn render(chat: &Chat, event: &Event) -> Result<Vec<Fanout>> {
    match event {
        Event::MessageCreated { message, .. } => {
            let id = message.conversation_id;
            let payload = json!({ "message": dto::new_message(message), "conversationId": id });
            tell("newMessage", &payload)
        }
        Event::MessageUpdated { message, .. } => edited(message),
        Event::MessageDeleted { message, .. } => tell("messageDeleted", &place(message)),
        Event::ConversationCreated { conversation, .. } => tell(
            "conversationCreated",
            &dto::conversation(chat, conversation).await?,
        ),
        Event::ReceiptUpdated(receipt) => moved(receipt),
        Event::Typing {
            conversation_id,
            user_id,
            typing,
        } => typed(chat, *conversation_id, *user_id, *typing).await,
        Event::PresenceChanged(presence) => presence_changed(presence),
        _ => Ok(Vec::new()),
    }
}

fn tell(name: &'static str, payload: &Value) -> Result<Vec<Fanout>> {
    Ok(vec![Fanout::to_all(EncodedEvent::new(name, payload)?)])
}

fn place(message: &Message) -> Value {
    json!({ "messageId": message.id, "conversationId": message.conversation_id })
}

/// The contract has no reactions: a message is updated when it has been edited.
fn edited(message: &Message) -> Result<Vec<Fanout>> {
    let Some(edited_at) = message.edited_at else {
        return Ok(Vec::new());
    };
    let mut payload = place(message);
    payload["content"] = message.body.as_str().into();
    payload["updatedAt"] = iso(edited_at).into();
    tell("messageUpdated", &payload)
}

/// Message by message, as clients keep their ticks, and once more when nothing is left to read.
fn moved(receipt: &Receipt) -> Result<Vec<Fanout>> {
    let Some(moved) = &receipt.moved else {
        return Ok(Vec::new());
    };
    let (id, user_id, at) = (receipt.conversation_id, receipt.user_id, iso(moved.at));
    let mut told = Vec::new();
    for (message_id, _) in &moved.delivered {
        let payload = json!({ "messageId": message_id, "conversationId": id, "deliveredTo": user_id, "deliveredAt": at });
        told.push(Fanout::to_all(EncodedEvent::new(
            "messageDelivered",
            &payload,
        )?));
    }
    for (message_id, _) in &moved.read {
        let payload = json!({ "messageId": message_id, "conversationId": id, "readBy": user_id, "readAt": at });
        told.push(Fanout::to_all(EncodedEvent::new("messageRead", &payload)?));
    }
    if moved.all && !moved.read.is_empty() {
        let payload = json!({ "conversationId": id, "readBy": user_id, "readAt": at });
        told.push(Fanout::to_all(EncodedEvent::new(
            "conversationRead",
            &payload,
        )?));
    }
    Ok(told)
}

async fn typed(
    chat: &Chat,
    id: ConversationId,
    user_id: UserId,
    typing: bool,
) -> Result<Vec<Fanout>> {
    let mut payload = json!({ "userId": user_id, "conversationId": id });
    let name = if typing {
        payload["username"] = chat.user_card(user_id).await?.username.as_str().into();
        "userTyping"
    } else {
        "userStoppedTyping"
    };
    let printed = EncodedEvent::new(name, &payload)?.volatile();
    Ok(vec![Fanout::to_all(printed)])
}

/// Who is away is there.
fn presence_changed(presence: &Presence) -> Result<Vec<Fanout>> {
    let status = match presence.status {
        PresenceStatus::Offline => "offline",
        PresenceStatus::Online | PresenceStatus::Away => "online",
    };
    let timestamp = iso(OffsetDateTime::now_utc());
    let payload = json!({ "userId": presence.user_id, "status": status, "timestamp": timestamp });
    let printed = EncodedEvent::new("userStatusChanged", &payload)?.volatile();
    Ok(vec![Fanout::to_all(printed)])
}
