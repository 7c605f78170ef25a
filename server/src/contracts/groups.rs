//! The contract `groups`: groups, their rooms and their messages. A socket hears a group from the
//! moment in which it joins its room.

mod dto;
mod manage;
mod render;
mod rest;
mod socket;

use super::{NO_TOKEN, Served, input::Input};
use crate::{
    State,
    gateway::{
        Arguments, Contract, EncodedEvent, EventContext, Fanout, Handshake, Rejection, strip_bearer,
    },
    problem::ApiError,
};
use chat::{Caller, Chat, ConversationMeta, Error, Result, auth_error};
use model::{ConversationId, ConversationKind, Event, Message, MessageId, NewMessage, Sent};
use serde_json::{Value, json};
use std::sync::Arc;

const MESSAGES_PER_PAGE: i64 = 50;

/// The contract's messages are shorter than ours.
const MOST_CONTENT: usize = 5000;

/// What outsiders hear, of groups that are there and of those that are not.
const NOT_A_MEMBER: &str = "You are not a member of this group";

pub fn open(state: &State) -> Served {
    let sockets = crate::gateway::open(Groups(state.chat.clone()), state);
    Served {
        routes: rest::routes(sockets.connections.clone()),
        sockets,
        words: rest::words,
    }
}

struct Groups(Chat);

impl Contract for Groups {
    const DOOR: &'static str = "groups";

    const EVENTS: &'static [&'static str] = &[
        "join_group",
        "leave_group",
        "send_message",
        "typing_start",
        "typing_stop",
        "get_group_messages",
        "get_room_info",
    ];

    async fn authenticate(&self, handshake: &Handshake<'_>) -> Result<Caller> {
        let token = handshake.token()?.ok_or(Error::Unauthenticated(NO_TOKEN))?;
        self.0.authenticate(strip_bearer(&token)).await
    }

    fn refuse_connection(&self, error: &Error) -> String {
        match error {
            Error::Unauthenticated(text) => refused_token(text).to_owned(),
            other => other.to_string(),
        }
    }

    /// The contract says nothing to whoever connects.
    async fn on_connect(&self, _: &Caller) -> Result<Vec<EncodedEvent>> {
        Ok(Vec::new())
    }

    async fn on_event(
        &self,
        context: &EventContext<'_>,
        event: &str,
        arguments: Arguments,
    ) -> Result<Value, ApiError> {
        let answer = match event {
            "join_group" => self.on_join_group(context, &arguments).await,
            "leave_group" => self.on_leave_group(context, &arguments).await,
            "send_message" => self.on_send_message(context, &Input::of(arguments)?).await,
            "typing_start" => self.on_typing(context, &Input::of(arguments)?, true).await,
            "typing_stop" => self.on_typing(context, &Input::of(arguments)?, false).await,
            "get_group_messages" => {
                self.on_get_group_messages(context, &Input::of(arguments)?)
                    .await
            }
            "get_room_info" => self.on_get_room_info(context, &Input::of(arguments)?).await,
            _ => Err(Error::invalid("event", "is unknown")),
        };
        Ok(answer?)
    }

    fn render_error(&self, event: &str, refusal: &ApiError) -> Rejection {
        socket::refuse(event, refusal)
    }

    async fn render(&self, event: &Event) -> Result<Vec<Fanout>> {
        render::render(&self.0, event).await
    }

    async fn on_leave_rooms(&self, context: &EventContext<'_>, rooms: &[ConversationId]) {
        for id in rooms {
            if let Err(error) = self.tell_left(context, *id).await {
                tracing::warn!(?error, "a departure from a group's room could not be told");
            }
        }
    }
}

/// The contract's words for what is wrong with a token.
fn refused_token(text: &str) -> &'static str {
    match text {
        NO_TOKEN => "Authentication token required",
        auth_error::WRONG_TOKEN_TYPE => "Invalid token type",
        _ => "Invalid authentication token",
    }
}

/// The group that an event or a request names, if the caller is one of its members.
async fn group(chat: &Chat, caller: &Caller, id: ConversationId) -> Result<Arc<ConversationMeta>> {
    match chat.require_joined(caller, id).await {
        Ok(meta) if meta.kind != ConversationKind::Direct => Ok(meta),
        Ok(_) | Err(Error::NotFound(_)) => Err(Error::Forbidden(NOT_A_MEMBER)),
        Err(error) => Err(error),
    }
}

/// A message of a group, if the caller is one of its members.
async fn group_message(chat: &Chat, caller: &Caller, input: &Input) -> Result<Message> {
    let (message, meta) = chat
        .require_joined_message(caller, input.id("messageId")?)
        .await?;
    match meta.kind {
        ConversationKind::Direct => Err(Error::NotFound("message")),
        _ => Ok(message),
    }
}

/// Sends what a socket or a request asks for.
async fn send(chat: &Chat, caller: &Caller, input: &Input) -> Result<Sent> {
    let group = group(chat, caller, input.id("groupId")?).await?;
    let new = NewMessage {
        body: content(input)?.to_owned(),
        kind: dto::message_kind(input.optional_text("type")?)?,
        reply_to_id: input.optional_id("replyToId")?,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        ..NewMessage::default()
    };
    chat.send_message(caller, group.id, new).await
}

/// A page of a group's history, before the message that `cursor` names; oldest first.
async fn history(chat: &Chat, caller: &Caller, input: &Input) -> Result<Value> {
    let group = group(chat, caller, input.id("groupId")?).await?;
    let cursor: Option<MessageId> = input.optional_id("cursor")?;
    let limit = input.integer("limit")?.unwrap_or(MESSAGES_PER_PAGE);
    let page = chat
        .messages_before(caller, group.id, cursor, limit)
        .await?;
    let mut history = json!({
        "messages": dto::messages(chat, &page.items).await?,
        "hasNextPage": page.has_more,
    });
    if let Some(oldest) = page.items.first().filter(|_| page.has_more) {
        history["nextCursor"] = json!(oldest.id);
    }
    Ok(history)
}

fn content(input: &Input) -> Result<&str> {
    let content = input.optional_text("content")?.unwrap_or_default().trim();
    match content.chars().count() {
        0 => Err(Error::invalid("content", "cannot be empty")),
        1..=MOST_CONTENT => Ok(content),
        _ => Err(Error::invalid(
            "content",
            "must have at most 5000 characters",
        )),
    }
}
