//! The contract `groups`: groups, their rooms and their messages. A socket receives a group's events
//! from the moment it joins the room of the group.

mod document;
mod dto;
mod envelope;
mod manage;
mod messages;
mod render;
mod rest;
mod socket;

use self::messages::{NOT_A_MEMBER, UNKNOWN_GROUP};
use super::{ContractDocument, RestContract};
use crate::{
    State,
    gateway::{
        ClientEvent, ConnectionCount, Contract, EncodedEvent, EventContext, Fanout, NO_TOKEN, Shows,
    },
};
use axum::Router;
use chat::{Chat, ConversationMeta, Error, IdKind, Result, auth_error};
use model::{ConversationId, ErrorCode, Event, Problem, UserId};
use serde_json::{Value, json};

pub struct Groups;

impl Contract for Groups {
    const DOOR: &'static str = "groups";
    const EVENTS: &'static [ClientEvent] = socket::EVENTS;
    const USER_IDS: IdKind = IdKind::Cuid;
    const SHOWS: Shows = Shows::Groups;

    fn render_connect_error(error: &Error) -> String {
        match error {
            Error::Unauthenticated(detail) => token_error(detail).to_owned(),
            other => other.to_string(),
        }
    }

    async fn render(
        chat: &Chat,
        event: &Event,
        _: Option<&ConversationMeta>,
    ) -> Result<Vec<Fanout>> {
        match event {
            Event::MessageCreated { message, .. } => render::message_created(chat, message).await,
            Event::MessageUpdated { message, .. } => render::message_updated(chat, message).await,
            Event::MessageDeleted { message, .. } => render::message_deleted(message),
            Event::Typing {
                conversation_id,
                user_id,
                typing,
                ..
            } => render::typing(chat, *conversation_id, *user_id, *typing).await,
            Event::MemberRemoved {
                conversation_id,
                user_id,
                ..
            } => render::member_removed(chat, *conversation_id, *user_id).await,
            _ => Ok(Vec::new()),
        }
    }

    fn error_message(event: &str, problem: &Problem) -> String {
        match (problem.code, problem.errors.first()) {
            (ErrorCode::Invalid, Some(error)) if error.field == "groupId" => {
                "Valid group ID is required".to_owned()
            }
            (ErrorCode::Invalid, Some(error)) if dto::field(&error.field) == "content" => {
                format!("Message content {}", error.reason)
            }
            // On sockets, a group that is not there is refused as one of others.
            (ErrorCode::NotFound, _) if problem.detail == UNKNOWN_GROUP => NOT_A_MEMBER.to_owned(),
            (ErrorCode::Internal, _) => format!("Failed to {}", event.replace('_', " ")),
            _ => problem.detail.clone(),
        }
    }

    fn error_payload(event: &str, problem: &Problem) -> Value {
        let mut payload = json!({ "message": Self::error_message(event, problem) });
        if let Some(code) = socket_code(problem.code) {
            payload["code"] = code.into();
        }
        payload
    }

    async fn render_room_change(
        chat: &Chat,
        id: ConversationId,
        user_id: UserId,
        comes: bool,
        seen: &[UserId],
    ) -> Result<Vec<EncodedEvent>> {
        render::room_change(chat, id, user_id, comes, seen).await
    }

    async fn on_leave_rooms(context: &EventContext<'_>, rooms: &[ConversationId]) {
        for id in rooms {
            if let Err(error) = socket::leave_room(context, *id).await {
                tracing::warn!(?error, "`user_left_group` could not be emitted");
            }
        }
    }
}

impl RestContract for Groups {
    const PORT: u16 = 8001;
    const FEATURES: &'static [&'static str] = &["chat", "socketio", "realtime"];

    fn document() -> ContractDocument {
        document::document()
    }

    fn routes(_: &State, _: &ConnectionCount) -> Router<State> {
        rest::routes().merge(manage::routes())
    }

    fn error_body(problem: &Problem) -> Value {
        let mut error = json!({ "code": rest_code(problem.code) });
        if problem.errors.is_empty() {
            let message = match problem.code {
                ErrorCode::Unauthenticated => token_error(&problem.detail),
                _ => &problem.detail,
            };
            return json!({ "success": false, "message": message, "error": error });
        }
        let details = problem.errors.iter();
        error["details"] = details
            .map(|it| json!({ "field": dto::field(&it.field), "message": it.reason }))
            .collect();
        json!({ "success": false, "message": "Validation failed", "error": error })
    }
}

/// The contract's text for an authentication error.
fn token_error(detail: &str) -> &'static str {
    match detail {
        NO_TOKEN => "Authentication token required",
        auth_error::WRONG_TOKEN_TYPE => "Invalid token type",
        _ => "Invalid authentication token",
    }
}

/// The `code` of the error event. The contract documents three of them.
fn socket_code(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::Invalid | ErrorCode::Conflict | ErrorCode::TooLarge | ErrorCode::StorageFull => {
            Some("VALIDATION_ERROR")
        }
        ErrorCode::Forbidden
        | ErrorCode::EmailUnconfirmed
        | ErrorCode::TwoFactorSetupRequired
        | ErrorCode::NotFound => Some("FORBIDDEN"),
        ErrorCode::Internal => Some("INTERNAL_ERROR"),
        ErrorCode::Unauthenticated
        | ErrorCode::TwoFactorRequired
        | ErrorCode::TooManyRequests
        | ErrorCode::Unavailable => None,
    }
}

/// The `error.code` of an error body.
fn rest_code(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Unauthenticated | ErrorCode::TwoFactorRequired => "UNAUTHORIZED",
        ErrorCode::Forbidden | ErrorCode::EmailUnconfirmed | ErrorCode::TwoFactorSetupRequired => {
            "FORBIDDEN"
        }
        ErrorCode::NotFound => "NOT_FOUND",
        ErrorCode::Invalid => "VALIDATION_ERROR",
        ErrorCode::Conflict => "CONFLICT",
        ErrorCode::TooManyRequests => "TOO_MANY_REQUESTS",
        ErrorCode::TooLarge => "TOO_LARGE",
        ErrorCode::StorageFull => "STORAGE_FULL",
        ErrorCode::Unavailable => "SERVICE_UNAVAILABLE",
        ErrorCode::Internal => "INTERNAL_ERROR",
    }
}
