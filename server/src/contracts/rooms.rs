//! The contract `rooms`: rooms of groups and of two, favorites, presence, and lists of rooms and
//! people that are sent whenever they change. A socket is in all of its user's rooms from the start.

mod auth;
mod document;
mod dto;
mod metrics;
mod reaction_id;
mod render;
mod rest;
mod socket;

use super::{
    ContractDocument, RestContract,
    fanouts::{to_all, to_room},
};
use crate::{
    State,
    gateway::{ClientEvent, ConnectionCount, Contract, EncodedEvent, Engine, Fanout, Handshake},
};
use axum::Router;
use chat::{Authentication, Caller, Chat, ConversationMeta, Error, IdKind, Result};
use http::StatusCode;
use model::{Event, Problem};
use serde_json::{Value, json};

pub struct Rooms;

impl Contract for Rooms {
    const DOOR: &'static str = "rooms";
    const EVENTS: &'static [ClientEvent] = socket::EVENTS;
    const USER_IDS: IdKind = IdKind::Cuid;

    /// The documented URL ends in `/chat/`. The official client takes that for a namespace, the
    /// document calls it a path, so both work.
    const ENGINES: &'static [Engine] = &[
        Engine {
            path: "/socket.io",
            namespaces: &["/chat/", "/chat"],
        },
        Engine {
            path: "/chat/",
            namespaces: &["/", "/chat/", "/chat"],
        },
    ];

    const JOINS_ROOMS: bool = true;
    const ERROR_EVENT: &'static str = "chat:error";

    async fn authenticate(chat: &Chat, handshake: &Handshake<'_>) -> Result<Authentication> {
        auth::authenticate(chat, Self::DOOR, handshake).await
    }

    fn render_connect_error(error: &Error) -> String {
        auth::connect_error(error)
    }

    async fn on_connect(chat: &Chat, caller: &Caller) -> Result<Vec<EncodedEvent>> {
        Ok(vec![render::init_data(chat, caller).await?])
    }

    async fn render(
        chat: &Chat,
        event: &Event,
        _: Option<&ConversationMeta>,
    ) -> Result<Vec<Fanout>> {
        match event {
            Event::MessageCreated { message, .. } => render::message_created(chat, message).await,
            Event::MessageUpdated { message: it, .. } => {
                let message = render::message(chat, it).await?;
                let payload = json!({ "roomId": it.conversation_id, "message": message });
                to_room("chat:message_update", &payload)
            }
            Event::MessageDeleted { message: it, .. } => {
                let payload = json!({ "roomId": it.conversation_id, "messageId": it.id });
                to_room("chat:message_delete", &payload)
            }
            Event::Typing {
                conversation_id,
                user_id,
                typing,
                ..
            } => render::typing(*conversation_id, *user_id, *typing),
            Event::ReceiptUpdated(receipt) => render::receipt_updated(receipt),
            Event::PresenceChanged(presence) => render::presence_changed(presence),
            Event::FavoritesChanged { favorites } => {
                let favorites: Vec<_> = favorites.iter().map(dto::favorite).collect();
                to_all("chat:favorites_update", &favorites)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn changed_lists(event: &Event) -> &'static [&'static str] {
        render::changed_lists(event)
    }

    async fn render_list(chat: &Chat, caller: &Caller, name: &'static str) -> Result<EncodedEvent> {
        render::list(chat, caller, name).await
    }

    fn error_message(_event: &str, problem: &Problem) -> String {
        detail(problem)
    }
}

impl RestContract for Rooms {
    const PORT: u16 = 3003;
    const FEATURES: &'static [&'static str] = &["chat", "socketio", "presence"];

    fn document() -> ContractDocument {
        document::document()
    }

    fn routes(_: &State, connections: &ConnectionCount) -> Router<State> {
        rest::routes().merge(metrics::routes(connections.clone()))
    }

    fn error_body(problem: &Problem) -> Value {
        let status = StatusCode::from_u16(problem.status).ok();
        json!({
            "error": status.and_then(|it| it.canonical_reason()).unwrap_or(&problem.title),
            "details": detail(problem),
            "code": problem.status,
        })
    }
}

/// The text of an error, with the contract's names for fields of `model`.
fn detail(problem: &Problem) -> String {
    if problem.errors.is_empty() {
        return problem.detail.replace("conversation", "room");
    }
    let errors = problem.errors.iter().map(|error| {
        let field = match error.field.as_str() {
            "body" => "content",
            "title" => "name",
            "memberIds" => "participants",
            "conversationId" => "roomId",
            field => field,
        };
        format!("{field}: {}", error.reason)
    });
    let errors: Vec<_> = errors.collect();
    format!("{}.", errors.join("; "))
}
