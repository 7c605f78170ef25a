//! The contract `direct`: two people and their conversation. Ids are numbers; a socket enters a
//! conversation to hear it in full, and is notified of what it is not in.

mod dto;
mod render;
mod rest;
mod socket;

use super::{NO_TOKEN, Served, input::Input, pairs};
use crate::{
    State,
    gateway::{
        Arguments, Contract, EncodedEvent, EventContext, Fanout, Handshake, Rejection, strip_bearer,
    },
    problem::ApiError,
};
use chat::{Caller, Chat, ConversationMeta, Error, Result};
use http::StatusCode;
use model::{ConversationId, ErrorCode, Event, NewAttachment, NewMessage, Sent, UserId};
use serde_json::{Value, json};
use std::sync::Arc;

pub fn open(state: &State) -> Served {
    let sockets = crate::gateway::open(Direct(state.chat.clone()), state);
    Served {
        routes: rest::routes(sockets.connections.clone()),
        sockets,
        words: rest::words,
    }
}

const SEND_REQUIRES: &str = "Receiver ID and message content are required";

struct Direct(Chat);

impl Contract for Direct {
    const DOOR: &'static str = "direct";

    const EVENTS: &'static [&'static str] = &[
        "join_conversation",
        "leave_conversation",
        "send_message",
        "typing",
        "stop_typing",
        "mark_as_read",
        "join_personal_room",
        "check_online",
    ];

    async fn authenticate(&self, handshake: &Handshake<'_>) -> Result<Caller> {
        let token = handshake.token()?.ok_or(Error::Unauthenticated(NO_TOKEN))?;
        self.0.authenticate(strip_bearer(&token)).await
    }

    fn refuse_connection(&self, error: &Error) -> String {
        let reason = match error {
            Error::Unauthenticated(NO_TOKEN) => "No token provided",
            Error::Unauthenticated(_) => "Invalid token",
            other => return format!("Authentication error: {other}"),
        };
        format!("Authentication error: {reason}")
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
        match event {
            "join_conversation" => {
                self.on_join_conversation(context, &Input::of(arguments)?)
                    .await
            }
            "leave_conversation" => {
                self.on_leave_conversation(context, &Input::of(arguments)?)
                    .await
            }
            "send_message" => self.on_send_message(context, &Input::of(arguments)?).await,
            "typing" => self.on_typing(context, &Input::of(arguments)?, true).await,
            "stop_typing" => self.on_typing(context, &Input::of(arguments)?, false).await,
            "mark_as_read" => self.on_mark_as_read(context, &Input::of(arguments)?).await,
            "check_online" => self.on_check_online(context, &Input::of(arguments)?).await,
            // Every socket is in its user's notification room already, so this only says so.
            "join_personal_room" => Ok(json!({ "success": true })),
            _ => Err(Error::invalid("event", "is unknown").into()),
        }
    }

    fn render_error(&self, event: &str, refusal: &ApiError) -> Rejection {
        socket::refuse(event, refusal)
    }

    async fn render(&self, event: &Event) -> Result<Vec<Fanout>> {
        render::render(&self.0, event).await
    }

    async fn on_leave_rooms(&self, context: &EventContext<'_>, rooms: &[ConversationId]) {
        for id in rooms {
            socket::tell_left(context, *id);
        }
    }
}

/// Sends what a socket or a request asks for. The receiver and the conversation must belong
/// together: who hears the message follows from them, and a client may name anything.
async fn send(
    chat: &Chat,
    caller: &Caller,
    input: &Input,
) -> Result<(Sent, Arc<ConversationMeta>), ApiError> {
    let receiver: Option<UserId> = input.optional_id("receiverId")?;
    let conversation: Option<ConversationId> = input.optional_id("conversationId")?;
    let content = input.optional_text("content")?.unwrap_or_default();
    if content.trim().is_empty() {
        return Err(bad_request(SEND_REQUIRES));
    }
    if receiver == Some(caller.user_id) {
        return Err(bad_request("Cannot send message to yourself"));
    }
    let attachments = input.optional_text("attachmentUrl")?.into_iter();
    let new = NewMessage {
        body: content.to_owned(),
        attachments: attachments.map(NewAttachment::at).collect(),
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        ..NewMessage::default()
    };
    let meta = match (conversation, receiver) {
        (Some(id), _) => pairs::joined(chat, caller, id).await?,
        (None, Some(receiver)) => {
            let head = chat.direct(caller, receiver).await?;
            chat.conversation_meta(head.conversation.id).await?
        }
        (None, None) => return Err(bad_request(SEND_REQUIRES)),
    };
    if receiver.is_some() && receiver != meta.other(caller.user_id) {
        return Err(Error::NotFound("conversation").into());
    }
    Ok((chat.send_message(caller, meta.id, new).await?, meta))
}

fn bad_request(text: &'static str) -> ApiError {
    ApiError::http(StatusCode::BAD_REQUEST, ErrorCode::Invalid, text)
}
