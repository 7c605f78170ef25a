//! The contract `broadcast`: direct conversations, and announcements of administrators to everybody.
//! A socket receives all events of its user from the start. Most payloads are `{success, data}`.

mod conversations;
mod document;
mod dto;
mod render;
mod rest;
mod send;
mod socket;
mod views;

use super::{ContractDocument, RestContract};
use crate::{
    State,
    gateway::{ClientEvent, ConnectionCount, Contract, EncodedEvent, Fanout, NO_TOKEN, Shows},
};
use axum::Router;
use chat::{Caller, Chat, ConversationMeta, Error, IdKind, Result, auth_error};
use model::{ConversationKind, ErrorCode, Event, Problem};
use serde_json::{Value, json};

const AUTHENTICATION_FAILED: &str = "Authentication failed";

pub struct Broadcast;

impl Contract for Broadcast {
    const DOOR: &'static str = "broadcast";
    const EVENTS: &'static [ClientEvent] = socket::EVENTS;
    const USER_IDS: IdKind = IdKind::ObjectId;
    const SHOWS: Shows = Shows::DirectAndAnnouncements;
    const REPEATABLE: Option<&'static str> = Some(render::ADMIN_BROADCAST);

    fn render_connect_error(error: &Error) -> String {
        let detail = error.to_string();
        match (auth_message(&detail), error) {
            (Some(message), _) => message.to_owned(),
            (None, Error::Unauthenticated(_)) => AUTHENTICATION_FAILED.to_owned(),
            (None, _) => detail,
        }
    }

    /// The announcements that were made while the user was not connected.
    async fn on_connect(chat: &Chat, caller: &Caller) -> Result<Vec<EncodedEvent>> {
        let missed = chat.missed_announcements(caller).await?;
        let events = missed.iter().map(render::announcement).collect();
        if let Some(last) = missed.last() {
            chat.mark_announced(caller.user_id, last.id).await?;
        }
        events
    }

    async fn render(
        chat: &Chat,
        event: &Event,
        meta: Option<&ConversationMeta>,
    ) -> Result<Vec<Fanout>> {
        match (event, meta) {
            (Event::MessageCreated { message, .. }, Some(meta))
                if meta.kind == ConversationKind::Announcements =>
            {
                render::announced(chat, message).await
            }
            (Event::MessageCreated { message, .. }, Some(meta)) => {
                render::message_created(chat, message, meta).await
            }
            (Event::MessageUpdated { message, .. }, _) => render::message_updated(message),
            (Event::MessageDeleted { message, .. }, _) => render::message_deleted(message),
            (Event::ReceiptUpdated(receipt), _) => render::receipt_updated(receipt),
            (
                Event::Typing {
                    conversation_id,
                    user_id,
                    typing,
                    ..
                },
                _,
            ) => render::typing(chat, *conversation_id, *user_id, *typing).await,
            (Event::PresenceChanged(presence), _) => render::presence_changed(presence),
            _ => Ok(Vec::new()),
        }
    }

    fn error_message(event: &str, problem: &Problem) -> String {
        if problem.code != ErrorCode::Internal {
            return problem.detail.clone();
        }
        let message = match event {
            "send_message" | "admin_message_user" => "Failed to send message",
            "admin_broadcast" => "Failed to send broadcast",
            "mark_message_read" => "Failed to mark message as read",
            _ => "Something went wrong",
        };
        message.to_owned()
    }
}

impl RestContract for Broadcast {
    const PORT: u16 = 5000;
    const FEATURES: &'static [&'static str] = &["chat", "socketio", "broadcast"];

    fn document() -> ContractDocument {
        document::document()
    }

    fn routes(state: &State, _: &ConnectionCount) -> Router<State> {
        rest::routes().merge(views::routes(state))
    }

    fn error_body(problem: &Problem) -> Value {
        let message = match problem.code {
            ErrorCode::TwoFactorRequired => NO_CODES,
            _ => auth_message(&problem.detail).unwrap_or(&problem.detail),
        };
        json!({ "success": false, "message": message })
    }
}

/// The contract has no words for a code.
const NO_CODES: &str = "This account has two-factor authentication: sign in at Parlance";

/// The contract's text for an authentication error. None for any other error.
fn auth_message(detail: &str) -> Option<&'static str> {
    match detail {
        NO_TOKEN => Some("Authentication token required"),
        auth_error::UNKNOWN_USER => Some("User not found"),
        auth_error::BLOCKED | auth_error::ENDED => Some("User account is inactive or blocked"),
        auth_error::BAD_TOKEN | auth_error::WRONG_TOKEN_TYPE | auth_error::NO_EXP => {
            Some(AUTHENTICATION_FAILED)
        }
        _ => None,
    }
}
