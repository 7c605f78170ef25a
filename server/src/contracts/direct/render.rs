//! What happened, as clients of the contract hear it.

use super::dto::{Pair, SocketMessage};
use crate::{
    contracts::{iso, pairs},
    gateway::{EncodedEvent, Fanout, Recipient},
};
use chat::{Chat, ConversationMeta, Error, Result};
use model::{ConversationId, Event, Message, Receipt, UserId};
use serde_json::{Value, json};

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
        _ => Ok(Vec::new()),
    }
}

/// The two people of a conversation, in the words of the contract.
pub async fn pair(chat: &Chat, meta: &ConversationMeta) -> Result<Pair> {
    let (low, high) = meta.pair.ok_or(Error::NotFound("conversation"))?;
    let (low, high) = (chat.user_card(low).await?, chat.user_card(high).await?);
    Ok(Pair::new(&low, &high))
}

/// In full for whoever is in the conversation, and for all sockets of whoever wrote it; the others
/// are notified.
async fn sent(chat: &Chat, message: &Message) -> Result<Vec<Fanout>> {
    let Some(meta) = pairs::meta(chat, message.conversation_id).await? else {
        return Ok(Vec::new());
    };
    let sender = message.sender.id;
    let in_full = move |it: &Recipient| it.is_in_room || it.user_id == sender;
    let pair = pair(chat, &meta).await?;
    let new_message = SocketMessage::new(message, &pair, false);
    let notification = json!({
        "from": sender.0,
        "conversationId": message.conversation_id.0,
        "content": message.body,
        "timestamp": iso(message.created_at),
    });
    let mut told = vec![
        Fanout::to(EncodedEvent::new("new_message", &new_message)?, in_full),
        Fanout::to(
            EncodedEvent::new("message_notification", &notification)?,
            move |it| !in_full(it),
        ),
    ];
    if let Some(receiver) = meta.other(sender) {
        told.extend(unread_count(chat, receiver).await?);
    }
    Ok(told)
}

async fn edited(chat: &Chat, message: &Message) -> Result<Vec<Fanout>> {
    let Some(edited_at) = message.edited_at else {
        return Ok(Vec::new());
    };
    let payload = json!({
        "id": message.id.0,
        "conversationId": message.conversation_id.0,
        "content": message.body,
        "editedAt": iso(edited_at),
    });
    changed(chat, message, "message_updated", &payload).await
}

async fn deleted(chat: &Chat, message: &Message) -> Result<Vec<Fanout>> {
    let payload = json!({ "id": message.id.0, "conversationId": message.conversation_id.0 });
    changed(chat, message, "message_deleted", &payload).await
}

async fn changed(
    chat: &Chat,
    message: &Message,
    name: &'static str,
    payload: &Value,
) -> Result<Vec<Fanout>> {
    if pairs::meta(chat, message.conversation_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let printed = EncodedEvent::new(name, payload)?;
    Ok(vec![Fanout::to(printed, |it| it.is_in_room)])
}

async fn read(chat: &Chat, receipt: &Receipt) -> Result<Vec<Fanout>> {
    let Some(moved) = &receipt.moved else {
        return Ok(Vec::new());
    };
    // What was delivered only is told by receipts as well.
    if receipt.read_position == moved.from {
        return Ok(Vec::new());
    }
    if pairs::meta(chat, receipt.conversation_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut told = Vec::new();
    if !moved.read.is_empty() {
        let payload = json!({
            "conversationId": receipt.conversation_id.0,
            "userId": receipt.user_id.0,
            "readAt": iso(moved.at),
        });
        let printed = EncodedEvent::new("messages_read", &payload)?;
        told.push(Fanout::to(printed, |it| it.is_in_room));
    }
    told.extend(unread_count(chat, receipt.user_id).await?);
    Ok(told)
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
    let name = if typing {
        "user_typing"
    } else {
        "user_stopped_typing"
    };
    let payload = json!({ "userId": user_id.0, "conversationId": conversation_id.0 });
    let printed = EncodedEvent::new(name, &payload)?.volatile();
    Ok(vec![Fanout::to(printed, |it| it.is_in_room)])
}

/// For all sockets of the user, wherever they are.
async fn unread_count(chat: &Chat, user_id: UserId) -> Result<Option<Fanout>> {
    let Some(count) = chat.direct_unread_of(user_id).await? else {
        return Ok(None);
    };
    let payload = json!({ "unreadCount": count });
    let printed = EncodedEvent::new("unread_count_updated", &payload)?;
    Ok(Some(Fanout::to(printed, move |it| it.user_id == user_id)))
}
