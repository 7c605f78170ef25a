//! The routes of the contract, below `/chats`: documents without an envelope.

use super::{create, dto, joined};
use crate::{
    State,
    contracts::{
        input::Input,
        rest::{self, Signed},
    },
    gateway::ConnectionCount,
    problem::ApiError,
};
use axum::{
    Json, Router,
    extract::State as Extract,
    routing::{delete, get, post},
};
use chat::{Caller, Chat, Error, Result};
use http::StatusCode;
use model::{ConversationId, ConversationKind, MemberRole, MessageId, NewMembers, Problem};
use serde_json::{Value, json};

const MESSAGES_PER_PAGE: i64 = 50;

/// As Nest answers a POST, whatever it did.
const CREATED: StatusCode = StatusCode::CREATED;

type Answer = Result<Json<Value>, ApiError>;
type PostAnswer = Result<(StatusCode, Json<Value>), ApiError>;

pub fn routes(connections: ConnectionCount) -> Router<State> {
    let one = Router::new()
        .route("/", get(conversation))
        .route("/messages", get(messages))
        .route("/read", post(mark_read))
        .route("/participants", post(add_participants))
        .route("/participants/{userId}", delete(remove_participant))
        .route("/leave", post(leave));
    let chats = Router::new()
        .route(
            "/conversations",
            get(conversations).post(create_conversation),
        )
        .nest("/conversations/{conversationId}", one)
        .route("/messages/{messageId}", delete(delete_message));
    let features = json!({ "chat": true, "socketio": true, "readReceipts": true });
    Router::new()
        .nest("/chats", chats)
        .merge(rest::health(connections, features))
}

/// The body of a refusal, as Nest has it.
pub fn words(problem: &Problem) -> Value {
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

async fn create_conversation(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> PostAnswer {
    let conversation = create(&chat, &caller, &input).await?;
    Ok((CREATED, Json(conversation)))
}

async fn conversations(Extract(chat): Extract<Chat>, Signed(caller): Signed) -> Answer {
    let kinds = [
        ConversationKind::Direct,
        ConversationKind::Group,
        ConversationKind::Channel,
    ];
    let heads = chat.conversations_of(&caller, &kinds).await?;
    Ok(Json(dto::conversations(&chat, &heads).await?.into()))
}

async fn conversation(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let id = joined(&chat, &caller, &input).await?;
    Ok(Json(print(&chat, &caller, id).await?))
}

/// The newest first. Who asks for the newest page has received what is on it.
async fn messages(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let id = joined(&chat, &caller, &input).await.map_err(as_outsider)?;
    let before: Option<MessageId> = input.optional_id("before")?;
    let limit = input.integer("limit")?.unwrap_or(MESSAGES_PER_PAGE);
    let page = chat.messages_before(&caller, id, before, limit).await?;
    if let (None, Some(newest)) = (before, page.items.last()) {
        chat.mark_delivered(&caller, id, newest.position).await?;
    }
    let mut printed = dto::messages(&chat, &caller, id, &page.items).await?;
    printed.reverse();
    Ok(Json(printed.into()))
}

async fn mark_read(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> PostAnswer {
    let id = input.id("conversationId")?;
    chat.mark_read(&caller, id, i64::MAX).await?;
    Ok((CREATED, Json(json!({ "success": true }))))
}

/// By its sender only, also where an admin could do it by other doors.
async fn delete_message(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let (message, _) = chat
        .require_joined_message(&caller, input.id("messageId")?)
        .await?;
    if message.sender.id != caller.user_id {
        return Err(Error::Forbidden("You can only delete your own messages").into());
    }
    let deleted = chat.delete_message(&caller, message.id).await?;
    Ok(Json(dto::message(&chat, &caller, &deleted).await?))
}

async fn add_participants(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> PostAnswer {
    let id = joined(&chat, &caller, &input).await?;
    let new = NewMembers {
        user_ids: input.ids("participants")?,
        role: MemberRole::Member,
    };
    let added = chat.add_members(&caller, id, new).await;
    added.map_err(|error| as_forbidden(error, "Only admins can add participants"))?;
    Ok((CREATED, Json(print(&chat, &caller, id).await?)))
}

async fn remove_participant(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let id = joined(&chat, &caller, &input).await?;
    let user_id = input.id("userId")?;
    if user_id == caller.user_id {
        let text = "Leave the conversation instead of removing yourself";
        return Err(Error::Forbidden(text).into());
    }
    let removed = chat.remove_member(&caller, id, user_id).await;
    removed.map_err(|error| as_forbidden(error, "Only admins can remove participants"))?;
    Ok(Json(print(&chat, &caller, id).await?))
}

async fn leave(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> PostAnswer {
    let id = input.id("conversationId")?;
    chat.leave_conversation(&caller, id).await?;
    Ok((CREATED, Json(json!({ "success": true }))))
}

async fn print(chat: &Chat, caller: &Caller, id: ConversationId) -> Result<Value> {
    let head = chat.conversation(caller, id).await?;
    dto::conversation(chat, &head).await
}

/// History is refused to outsiders, and not hidden; what is not there is refused in the same way.
fn as_outsider(error: Error) -> Error {
    match error {
        Error::NotFound("conversation") => {
            Error::Forbidden("You are not a participant of this conversation")
        }
        other => other,
    }
}

fn as_forbidden(error: Error, text: &'static str) -> Error {
    match error {
        Error::Forbidden(_) => Error::Forbidden(text),
        other => other,
    }
}
