//! The contract `conversations`: direct conversations, groups and channels, on the namespace `/chat`.
//! A socket is in the room of each of its user's conversations from the start.

mod document;
mod dto;
mod render;
mod requests;
mod rest;
mod socket;

use super::{ContractDocument, RestContract, fanouts::to_all};
use crate::{
    State,
    gateway::{ClientEvent, ConnectionCount, Contract, EncodedEvent, Engine, Fanout},
};
use axum::Router;
use chat::{Caller, Chat, ConversationMeta, Error, IdKind, Result};
use http::StatusCode;
use model::{Event, Problem};
use serde_json::{Value, json};

pub struct Conversations;

impl Contract for Conversations {
    const DOOR: &'static str = "conversations";
    const EVENTS: &'static [ClientEvent] = socket::EVENTS;
    const USER_IDS: IdKind = IdKind::ObjectId;
    const ENGINES: &'static [Engine] = &[Engine {
        path: "/socket.io",
        namespaces: &["/chat", "/chat/"],
    }];
    const JOINS_ROOMS: bool = true;
    const ERROR_EVENT: &'static str = "exception";

    fn render_connect_error(error: &Error) -> String {
        match error {
            Error::Unauthenticated(_) => "Unauthorized".to_owned(),
            other => other.to_string(),
        }
    }

    async fn on_connect(chat: &Chat, caller: &Caller) -> Result<Vec<EncodedEvent>> {
        let online = requests::online_users(chat, caller).await?;
        Ok(vec![EncodedEvent::new("onlineUsers", &online)?])
    }

    async fn render(
        chat: &Chat,
        event: &Event,
        _: Option<&ConversationMeta>,
    ) -> Result<Vec<Fanout>> {
        match event {
            Event::MessageCreated { message, .. } => render::message_created(message),
            Event::MessageUpdated { message, .. } => render::message_updated(message),
            Event::MessageDeleted { message, .. } => render::message_deleted(message),
            Event::ConversationCreated { conversation, .. } => {
                let payload = dto::conversation(chat, None, conversation).await?;
                to_all("conversationCreated", &payload)
            }
            Event::ReceiptUpdated(receipt) => render::receipt_updated(receipt),
            Event::Typing {
                conversation_id,
                user_id,
                typing,
                ..
            } => render::typing(chat, *conversation_id, *user_id, *typing).await,
            Event::PresenceChanged(presence) => render::presence_changed(presence),
            _ => Ok(Vec::new()),
        }
    }

    /// `conversationCreated` has the participants in it, up to a thousand.
    fn renders_with_query(event: &Event) -> bool {
        matches!(event, Event::ConversationCreated { .. })
    }

    fn error_message(_event: &str, problem: &Problem) -> String {
        match problem.errors.first() {
            Some(error) => format!("{} {}", dto::field(&error.field), error.reason),
            None => problem.detail.clone(),
        }
    }

    /// The exception of a `NestJS` gateway, with the event that caused it.
    fn error_payload(event: &str, problem: &Problem) -> Value {
        let message = Self::error_message(event, problem);
        json!({ "status": "error", "message": message, "cause": { "pattern": event } })
    }

    fn error_ack(payload: Value) -> Value {
        json!({ "success": false, "message": payload["message"] })
    }
}

impl RestContract for Conversations {
    const PORT: u16 = 3000;
    const FEATURES: &'static [&'static str] = &["chat", "socketio", "readReceipts"];

    fn document() -> ContractDocument {
        document::document()
    }

    fn routes(_: &State, _: &ConnectionCount) -> Router<State> {
        rest::routes()
    }

    /// The error body of `NestJS`, where `message` is a list for invalid fields.
    fn error_body(problem: &Problem) -> Value {
        let status = StatusCode::from_u16(problem.status).unwrap_or_default();
        let fields = problem.errors.iter();
        let reasons: Vec<_> = fields
            .map(|it| format!("{} {}", dto::field(&it.field), it.reason))
            .collect();
        let message = match (status, &reasons[..]) {
            (StatusCode::UNAUTHORIZED, _) => json!("Unauthorized"),
            (_, []) => json!(problem.detail),
            (_, reasons) => json!(reasons),
        };
        json!({
            "statusCode": problem.status,
            "message": message,
            "error": status.canonical_reason(),
        })
    }
}
