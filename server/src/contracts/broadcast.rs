//! The contract `broadcast`: people who write to each other, and administrators who write to all.
//! A socket hears everything that is its user's from the start. Events come as `{success, data}`.

mod dto;
mod render;
mod rest;
mod socket;
mod views;

use super::{NO_TOKEN, Served, input::Input};
use crate::{
    State,
    gateway::{
        Arguments, Contract, EncodedEvent, EventContext, Fanout, Handshake, Rejection, strip_bearer,
    },
    problem::ApiError,
};
use chat::{Caller, Chat, ConversationMeta, Error, Result, auth_error};
use http::StatusCode;
use model::{
    Announcement, ErrorCode, Event, Message, MessageKind, NewAnnouncement, NewMessage, UserId,
};
use serde_json::Value;
use std::sync::Arc;

const AUTHENTICATION_FAILED: &str = "Authentication failed";
const ADMIN_REQUIRED: &str = "Admin access required";

pub fn open(state: &State) -> Served {
    let sockets = crate::gateway::open(Broadcast(state.chat.clone()), state);
    Served {
        routes: rest::routes(sockets.connections.clone()).merge(views::routes(state)),
        sockets,
        words: rest::words,
    }
}

struct Broadcast(Chat);

impl Contract for Broadcast {
    const DOOR: &'static str = "broadcast";

    const EVENTS: &'static [&'static str] = &[
        "send_message",
        "typing_start",
        "typing_stop",
        "mark_message_read",
        "admin_broadcast",
        "admin_message_user",
        "join_conversation",
        "leave_conversation",
    ];

    async fn authenticate(&self, handshake: &Handshake<'_>) -> Result<Caller> {
        let token = handshake.token()?.ok_or(Error::Unauthenticated(NO_TOKEN))?;
        self.0.authenticate(strip_bearer(&token)).await
    }

    fn refuse_connection(&self, error: &Error) -> String {
        let detail = error.to_string();
        let known = of_identity(&detail).map(str::to_owned);
        match error {
            Error::Unauthenticated(_) => known.unwrap_or_else(|| AUTHENTICATION_FAILED.to_owned()),
            _ => known.unwrap_or(detail),
        }
    }

    /// What was announced while the user was away.
    async fn on_connect(&self, caller: &Caller) -> Result<Vec<EncodedEvent>> {
        let missed = self.0.missed_announcements(caller).await?;
        let printed = missed.iter().map(render::announcement).collect();
        if let Some(last) = missed.last() {
            self.0.mark_announced(caller.user_id, last.id).await?;
        }
        printed
    }

    async fn on_event(
        &self,
        context: &EventContext<'_>,
        event: &str,
        arguments: Arguments,
    ) -> Result<Value, ApiError> {
        match event {
            "send_message" => self.on_send_message(context, &Input::of(arguments)?).await,
            "typing_start" => self.on_typing(context, &Input::of(arguments)?, true).await,
            "typing_stop" => self.on_typing(context, &Input::of(arguments)?, false).await,
            "mark_message_read" => {
                self.on_mark_message_read(context, &Input::of(arguments)?)
                    .await
            }
            "admin_broadcast" => {
                self.on_admin_broadcast(context, &Input::of(arguments)?)
                    .await
            }
            "admin_message_user" => {
                self.on_admin_message_user(context, &Input::of(arguments)?)
                    .await
            }
            "join_conversation" => self.on_room(context, &Input::of(arguments)?, true).await,
            "leave_conversation" => self.on_room(context, &Input::of(arguments)?, false).await,
            _ => Err(Error::invalid("event", "is unknown").into()),
        }
    }

    fn render_error(&self, event: &str, refusal: &ApiError) -> Rejection {
        socket::refuse(event, refusal)
    }

    async fn render(&self, event: &Event) -> Result<Vec<Fanout>> {
        render::render(&self.0, event).await
    }
}

/// The contract's words for what is said of a caller who is not known, or not welcome.
fn of_identity(detail: &str) -> Option<&'static str> {
    match detail {
        NO_TOKEN => Some("Authentication token required"),
        auth_error::UNKNOWN_USER => Some("User not found"),
        auth_error::BLOCKED => Some("User account is inactive or blocked"),
        auth_error::BAD_TOKEN | auth_error::WRONG_TOKEN_TYPE => Some(AUTHENTICATION_FAILED),
        _ => None,
    }
}

/// A message to somebody, as a socket or a request brings it.
async fn send(chat: &Chat, caller: &Caller, input: &Input) -> Result<Written, ApiError> {
    const REQUIRED: &str = "Receiver ID and message are required";
    let receiver: UserId = input
        .optional_id("receiverId")?
        .ok_or_else(|| bad_request(REQUIRED))?;
    let new = new_message(input, REQUIRED)?;
    let meta = scene_with(chat, caller, receiver).await?;
    let sent = chat.send_message(caller, meta.id, new).await?;
    Ok(Written {
        message: sent.message,
        is_new: !sent.deduplicated,
        meta,
    })
}

/// A message by an administrator, to anybody.
async fn send_official(chat: &Chat, caller: &Caller, input: &Input) -> Result<Written, ApiError> {
    const REQUIRED: &str = "User ID and message are required";
    let receiver: UserId = input
        .optional_id("userId")?
        .ok_or_else(|| bad_request(REQUIRED))?;
    let new = new_message(input, REQUIRED)?;
    let sent = chat
        .send_official(caller, receiver, new)
        .await
        .map_err(|error| match error {
            Error::Forbidden(_) => admin_required(),
            Error::NotFound(_) => not_found("User not found"),
            other => other.into(),
        })?;
    Ok(Written {
        meta: chat.conversation_meta(sent.message.conversation_id).await?,
        message: sent.message,
        is_new: !sent.deduplicated,
    })
}

struct Written {
    message: Message,
    meta: Arc<ConversationMeta>,
    is_new: bool,
}

/// The announcement, and how many users it is for.
async fn announce(chat: &Chat, caller: &Caller, input: &Input) -> Result<Announcement, ApiError> {
    let message = input.optional_text("message")?.unwrap_or_default();
    if message.trim().is_empty() {
        return Err(bad_request("Message is required"));
    }
    let new = NewAnnouncement {
        body: message.to_owned(),
        kind: kind(input)?,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
    };
    chat.announce(caller, new)
        .await
        .map_err(|error| match error {
            Error::Forbidden(_) => admin_required(),
            other => other.into(),
        })
}

/// The conversation with somebody, found or created.
async fn scene_with(
    chat: &Chat,
    caller: &Caller,
    id: UserId,
) -> Result<Arc<ConversationMeta>, ApiError> {
    if id == caller.user_id {
        return Err(bad_request("Cannot start a conversation with yourself"));
    }
    let head = chat.direct(caller, id).await.map_err(|error| match error {
        Error::NotFound(_) => not_found("Receiver not found"),
        other => other.into(),
    })?;
    Ok(chat.conversation_meta(head.conversation.id).await?)
}

fn new_message(input: &Input, required: &'static str) -> Result<NewMessage, ApiError> {
    let message = input.optional_text("message")?.unwrap_or_default();
    if message.trim().is_empty() {
        return Err(bad_request(required));
    }
    Ok(NewMessage {
        body: message.to_owned(),
        kind: kind(input)?,
        reply_to_id: input.optional_id("replyTo")?,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        ..NewMessage::default()
    })
}

fn kind(input: &Input) -> Result<MessageKind> {
    match input.optional_text("messageType")? {
        None | Some("text") => Ok(MessageKind::Text),
        Some("image") => Ok(MessageKind::Image),
        Some("file") => Ok(MessageKind::File),
        Some(_) => Err(Error::invalid("messageType", "must be text, image or file")),
    }
}

fn bad_request(text: &'static str) -> ApiError {
    ApiError::http(StatusCode::BAD_REQUEST, ErrorCode::Invalid, text)
}

fn not_found(text: &'static str) -> ApiError {
    ApiError::http(StatusCode::NOT_FOUND, ErrorCode::NotFound, text)
}

fn admin_required() -> ApiError {
    ApiError::http(StatusCode::FORBIDDEN, ErrorCode::Forbidden, ADMIN_REQUIRED)
}
