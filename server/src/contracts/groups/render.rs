//! What happened, as clients of the contract hear it.

use super::dto;
use crate::gateway::{EncodedEvent, Fanout, Recipient};
use chat::{Chat, Error, Result};
use model::{ConversationId, ConversationKind, Event, UserId};
use serde_json::{Value, json};

pub async fn render(chat: &Chat, event: &Event) -> Result<Vec<Fanout>> {
    let Some(id) = place(event) else {
        return Ok(Vec::new());
    };
    if !is_group(chat, id).await? {
        return Ok(Vec::new());
    }
    match event {
        // To all sockets of whoever wrote it, wherever they are.
        Event::MessageCreated { message, .. } => {
            let sender = message.sender.id;
            let printed =
                EncodedEvent::new("message_received", &dto::message(chat, message).await?)?;
            Ok(vec![Fanout::to(printed, move |it| {
                it.is_in_room || it.user_id == sender
            })])
        }
        Event::MessageUpdated { message, .. } => {
            tell_present("message_updated", &dto::message(chat, message).await?)
        }
        Event::MessageDeleted { message, .. } => {
            let payload = json!({ "messageId": message.id, "groupId": id });
            tell_present("message_deleted", &payload)
        }
        Event::Typing {
            user_id, typing, ..
        } => typed(chat, id, *user_id, *typing).await,
        Event::MemberRemoved { user_id, .. } => {
            tell_present("user_left_group", &visitor(chat, id, *user_id).await?)
        }
        _ => Ok(Vec::new()),
    }
}

/// Where the event happened, if it is one that the contract has words for.
fn place(event: &Event) -> Option<ConversationId> {
    match event {
        Event::MessageCreated {
            conversation_id, ..
        }
        | Event::MessageUpdated {
            conversation_id, ..
        }
        | Event::MessageDeleted {
            conversation_id, ..
        }
        | Event::Typing {
            conversation_id, ..
        }
        | Event::MemberRemoved {
            conversation_id, ..
        } => Some(*conversation_id),
        _ => None,
    }
}

async fn is_group(chat: &Chat, id: ConversationId) -> Result<bool> {
    match chat.conversation_meta(id).await {
        Ok(meta) => Ok(meta.kind != ConversationKind::Direct),
        // Deleted since.
        Err(Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn typed(
    chat: &Chat,
    id: ConversationId,
    user_id: UserId,
    typing: bool,
) -> Result<Vec<Fanout>> {
    let printed = if typing {
        EncodedEvent::new("user_typing", &visitor(chat, id, user_id).await?)?
    } else {
        let payload = json!({ "userId": user_id, "groupId": id });
        EncodedEvent::new("user_stopped_typing", &payload)?
    };
    Ok(vec![Fanout::to(printed.volatile(), is_present)])
}

/// Somebody who came to the group's room, types there, or left.
pub async fn visitor(chat: &Chat, id: ConversationId, user_id: UserId) -> Result<Value> {
    let contact = chat.user_card(user_id).await?;
    Ok(json!({ "userId": user_id, "userName": contact.name, "groupId": id }))
}

fn tell_present(name: &'static str, payload: &Value) -> Result<Vec<Fanout>> {
    Ok(vec![Fanout::to(
        EncodedEvent::new(name, payload)?,
        is_present,
    )])
}

fn is_present(listener: &Recipient) -> bool {
    listener.is_in_room
}
