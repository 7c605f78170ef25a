//! The contract `direct`: direct conversations of two people. Ids are JSON numbers. A socket joins
//! the room of a conversation to receive all of it; of others it receives notifications.

mod auth;
mod document;
mod dto;
mod render;
mod rest;
mod send;
mod socket;

use super::{ContractDocument, RestContract};
use crate::{
    State,
    gateway::{
        ClientEvent, ConnectionCount, Contract, EncodedEvent, EventContext, Fanout, Handshake,
        NO_TOKEN, Shows,
    },
};
use axum::{Router, middleware::map_request};
use chat::{Authentication, Chat, ConversationMeta, Error, IdKind, Result, auth_error};
use model::{ConversationId, ErrorCode, Event, Problem, UserId};
use serde_json::{Value, json};

pub struct Direct;

impl Contract for Direct {
    const DOOR: &'static str = "direct";
    const EVENTS: &'static [ClientEvent] = socket::EVENTS;
    const USER_IDS: IdKind = IdKind::Number;
    const SHOWS: Shows = Shows::Direct;

    async fn authenticate(chat: &Chat, handshake: &Handshake<'_>) -> Result<Authentication> {
        auth::authenticate(chat, handshake, Self::DOOR).await
    }

    fn render_connect_error(error: &Error) -> String {
        let reason = match error {
            Error::Unauthenticated(NO_TOKEN) => "No token provided",
            // Whom the old server had suspended is not active here.
            Error::Unauthenticated(auth_error::ENDED) => auth_error::BLOCKED,
            Error::Unauthenticated(_) => "Invalid token",
            other => return format!("Authentication error: {other}"),
        };
        format!("Authentication error: {reason}")
    }

    async fn render(
        chat: &Chat,
        event: &Event,
        meta: Option<&ConversationMeta>,
    ) -> Result<Vec<Fanout>> {
        match (event, meta) {
            (Event::MessageCreated { message, .. }, Some(meta)) => {
                render::message_created(chat, message, meta).await
            }
            (Event::MessageUpdated { message, .. }, _) => render::message_updated(message),
            (Event::MessageDeleted { message, .. }, Some(meta)) => {
                render::message_deleted(chat, message, meta).await
            }
            (Event::ReceiptUpdated(receipt), _) => render::receipt_updated(chat, receipt).await,
            (
                Event::Typing {
                    conversation_id,
                    user_id,
                    typing,
                    ..
                },
                _,
            ) => render::typing(*conversation_id, *user_id, *typing),
            _ => Ok(Vec::new()),
        }
    }

    fn error_message(event: &str, problem: &Problem) -> String {
        if problem.code != ErrorCode::Internal {
            return problem.detail.clone();
        }
        let message = match event {
            "send_message" => "Failed to send message",
            "join_conversation" => "Failed to join conversation",
            "mark_as_read" => "Failed to mark messages as read",
            _ => "Something went wrong",
        };
        message.to_owned()
    }

    async fn render_room_change(
        _: &Chat,
        id: ConversationId,
        user_id: UserId,
        comes: bool,
        _: &[UserId],
    ) -> Result<Vec<EncodedEvent>> {
        Ok(vec![render::room_change(id, user_id, comes)?])
    }

    async fn on_leave_rooms(context: &EventContext<'_>, rooms: &[ConversationId]) {
        for id in rooms {
            if let Err(error) = socket::emit_user_left(context, *id).await {
                tracing::warn!(?error, "`user_left` could not be emitted");
            }
        }
    }
}

impl RestContract for Direct {
    const PORT: u16 = 3010;
    const FEATURES: &'static [&'static str] = &["chat", "socketio", "search"];

    fn document() -> ContractDocument {
        document::document()
    }

    fn routes(_: &State, _: &ConnectionCount) -> Router<State> {
        rest::routes().layer(map_request(auth::read_cookie))
    }

    fn error_body(problem: &Problem) -> Value {
        match problem.code {
            ErrorCode::Unauthenticated if problem.detail == NO_TOKEN => {
                json!({ "error": "Unauthorized: No token provided", "UA": false })
            }
            ErrorCode::Unauthenticated if problem.detail == auth_error::ENDED => {
                json!({ "error": auth_error::BLOCKED, "UA": true })
            }
            ErrorCode::Unauthenticated => {
                json!({ "error": "Unauthorized: Invalid token", "UA": true })
            }
            _ => json!({ "error": problem.detail }),
        }
    }
}
