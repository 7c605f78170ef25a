//! The contract `conversations`: direct ones, groups and channels, on the namespace `/chat`. A
//! socket is in all of its user's conversations from the start.

mod dto;
mod render;
mod rest;
mod socket;

use super::{NO_TOKEN, Served, input::Input};
use crate::{
    State,
    gateway::{
        Arguments, Contract, EncodedEvent, Engine, EventContext, Fanout, Handshake, Rejection,
        strip_bearer,
    },
    problem::ApiError,
};
use chat::{Caller, Chat, Error, Result};
use model::{
    ConversationId, ConversationKind, Event, Message, NewAttachment, NewConversation, NewMessage,
    PresenceStatus, Sent, UserId,
};
use serde_json::Value;

pub fn open(state: &State) -> Served {
    let sockets = crate::gateway::open(Conversations(state.chat.clone()), state);
    Served {
        routes: rest::routes(sockets.connections.clone()),
        sockets,
        words: rest::words,
    }
}

struct Conversations(Chat);

impl Contract for Conversations {
    const DOOR: &'static str = "conversations";

    const EVENTS: &'static [&'static str] = &[
        "createConversation",
        "joinRoom",
        "sendMessage",
        "typing",
        "stopTyping",
        "markAsRead",
        "markConversationAsRead",
        "getOnlineUsers",
    ];

    const ENGINES: &'static [Engine] = &[Engine {
        path: "/socket.io",
        namespaces: &["/chat"],
    }];

    const JOINS_ROOMS: bool = true;

    async fn authenticate(&self, handshake: &Handshake<'_>) -> Result<Caller> {
        let token = handshake.token()?.ok_or(Error::Unauthenticated(NO_TOKEN))?;
        self.0.authenticate(strip_bearer(&token)).await
    }

    fn refuse_connection(&self, error: &Error) -> String {
        match error {
            Error::Unauthenticated(_) => "Unauthorized".to_owned(),
            other => other.to_string(),
        }
    }

    async fn on_connect(&self, caller: &Caller) -> Result<Vec<EncodedEvent>> {
        let online = online_users(&self.0, caller).await?;
        Ok(vec![EncodedEvent::new("onlineUsers", &online)?])
    }

    async fn on_event(
        &self,
        context: &EventContext<'_>,
        event: &str,
        arguments: Arguments,
    ) -> Result<Value, ApiError> {
        if event == "getOnlineUsers" {
            return Ok(self.on_get_online_users(context).await?);
        }
        if !Self::EVENTS.contains(&event) {
            return Err(Error::invalid("event", "is unknown").into());
        }
        let input = &Input::of(arguments)?;
        let answer = match event {
            "createConversation" => self.on_create_conversation(context, input).await,
            "joinRoom" => self.on_join_room(context, input).await,
            "sendMessage" => self.on_send_message(context, input).await,
            "markAsRead" => self.on_mark_as_read(context, input).await,
            "markConversationAsRead" => self.on_mark_conversation_as_read(context, input).await,
            _ => self.on_typing(context, input, event == "typing").await,
        };
        Ok(answer?)
    }

    fn render_error(&self, event: &str, refusal: &ApiError) -> Rejection {
        socket::refuse(event, refusal)
    }

    async fn render(&self, event: &Event) -> Result<Vec<Fanout>> {
        render::render(&self.0, event).await
    }
}

/// Those that the caller may see: who shares a conversation with them.
async fn online_users(chat: &Chat, caller: &Caller) -> Result<Vec<UserId>> {
    let users = chat.online_users(caller).await?.into_iter();
    let online = users.filter(|user| user.presence != PresenceStatus::Offline);
    Ok(online.map(|user| user.id).collect())
}

/// Makes what a socket or a request asks for, or finds it, and prints it.
async fn create(chat: &Chat, caller: &Caller, input: &Input) -> Result<Value> {
    let kind = dto::conversation_kind(input.text("type")?)?;
    let participants: Vec<UserId> = input.ids("participants")?;
    let title = match (kind, input.optional_text("name")?) {
        (ConversationKind::Direct, _) => None,
        (_, Some(name)) if !name.trim().is_empty() => Some(name.to_owned()),
        _ => Some(names(chat, caller, &participants).await?),
    };
    let new = NewConversation {
        kind,
        member_ids: participants,
        title,
        description: match kind {
            ConversationKind::Direct => None,
            _ => input.optional_text("description")?.map(str::to_owned),
        },
        private: true,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
    };
    let created = chat.create_conversation(caller, new).await?;
    dto::conversation(chat, &created.head).await
}

/// The contract's groups need no name, ours do: that of everybody who is in it.
async fn names(chat: &Chat, caller: &Caller, participants: &[UserId]) -> Result<String> {
    let mut ids = vec![caller.user_id];
    ids.extend(participants.iter().filter(|id| **id != caller.user_id));
    let people = chat.user_cards(&ids).await?;
    let names: Vec<_> = ids
        .iter()
        .filter_map(|id| people.get(id))
        .map(|it| it.name.as_str())
        .collect();
    Ok(names.join(", ").chars().take(120).collect())
}

/// The conversation that an event or a request names, if the caller takes part in it.
async fn joined(chat: &Chat, caller: &Caller, input: &Input) -> Result<ConversationId> {
    let id = input.id("conversationId")?;
    Ok(chat.require_joined(caller, id).await?.id)
}

/// A message of the conversation that is named with it.
async fn message_in(chat: &Chat, caller: &Caller, input: &Input) -> Result<Message> {
    let id: ConversationId = input.id("conversationId")?;
    let (message, _) = chat
        .require_joined_message(caller, input.id("messageId")?)
        .await?;
    if message.conversation_id == id {
        Ok(message)
    } else {
        Err(Error::NotFound("message"))
    }
}

/// Sends what a socket asks for; the client's `tempId` makes a retry return the first result.
async fn send(chat: &Chat, caller: &Caller, input: &Input) -> Result<Sent> {
    let id = joined(chat, caller, input).await?;
    let attachments = input.texts("attachments")?.into_iter();
    let new = NewMessage {
        body: input.text("content")?.to_owned(),
        kind: dto::message_kind(input.optional_text("type")?)?,
        reply_to_id: input.optional_id("replyTo")?,
        client_id: temp_id(input)?,
        attachments: attachments.map(NewAttachment::at).collect(),
    };
    chat.send_message(caller, id, new).await
}

fn temp_id(input: &Input) -> Result<Option<String>> {
    match input.get("tempId") {
        None => Ok(None),
        Some(Value::String(id)) => Ok(Some(id.clone()).filter(|id| !id.is_empty())),
        Some(Value::Number(id)) => Ok(Some(id.to_string())),
        Some(_) => Err(Error::invalid("tempId", "must be a string")),
    }
}
