//! The routes of the contract, below `/api/v2/chat`.

use super::{
    dto::{self, ReactionId},
    render::{self, ALL},
};
use crate::{
    State,
    contracts::{
        input::Input,
        rest::{self, Bearer},
    },
    gateway::ConnectionCount,
    problem::ApiError,
};
use axum::{
    Json, Router,
    extract::{FromRequestParts, State as Extract},
    routing::{delete, get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chat::{Caller, Chat, Error, MessagesBefore, WorkCounts};
use http::{StatusCode, header, request::Parts};
use model::{ConversationKind, MessageId, NewConversation};
use serde_json::{Value, json};
use std::time::Instant;

const MESSAGES_PER_PAGE: i64 = 50;

const TENANT: &str = "x-tenant-tag";

pub fn routes(connections: &ConnectionCount) -> Router<State> {
    let chat = Router::new()
        .route("/rooms", get(rooms).post(create_room))
        .route("/messages", get(messages))
        .route("/reactions", post(react))
        .route("/reactions/{reactionId}", delete(unreact));
    let features = json!({ "chat": true, "socketio": true, "presence": true });
    Router::new()
        .nest("/api/v2/chat", chat)
        .merge(rest::health(connections.clone(), features))
        .merge(metrics(connections.clone()))
}

/// Who calls. Tenants are none of ours; but whoever names one that is not the token's is mistaken.
struct Guest(Caller);

impl FromRequestParts<State> for Guest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let Bearer(caller) = Bearer::from_request_parts(parts, state).await?;
        let header = |name: &str| parts.headers.get(name).and_then(|it| it.to_str().ok());
        let token = header(header::AUTHORIZATION.as_str()).unwrap_or_default();
        match (header(TENANT), tenant(token)) {
            (Some(asked), Some(own)) if asked != own => {
                Err(Error::Forbidden("The token is another tenant's.").into())
            }
            _ => Ok(Self(caller)),
        }
    }
}

/// The claim `tenant` of a token that has been verified.
fn tenant(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims["tenant"].as_str().map(str::to_owned)
}

/// Always a group: a room of two comes from `chat:start_direct`.
async fn create_room(
    Extract(chat): Extract<Chat>,
    Guest(caller): Guest,
    input: Input,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let new = NewConversation {
        kind: ConversationKind::Group,
        member_ids: input.ids("participants")?,
        title: Some(input.text("name")?.to_owned()),
        description: None,
        private: true,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
    };
    let created = chat.create_conversation(&caller, new).await?;
    let head = created.summary;
    let members = chat.all_members(&caller, head.conversation.id).await?;
    let status = if created.existed {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(dto::new_room(&head, &members))))
}

async fn rooms(
    Extract(chat): Extract<Chat>,
    Guest(caller): Guest,
) -> Result<Json<Value>, ApiError> {
    let heads = chat.conversations_of(&caller, &ALL).await?;
    let ids: Vec<_> = heads.iter().map(|head| head.conversation.id).collect();
    let rosters = chat.members_of_many(&ids).await?;
    let rooms = heads.iter().map(|head| {
        let members = rosters.get(&head.conversation.id);
        dto::listed_room(head, members.map_or(&[], Vec::as_slice))
    });
    Ok(Json(json!({ "rooms": rooms.collect::<Vec<_>>() })))
}

/// Oldest first. `before` is a time that was printed; messages of one millisecond stay together.
async fn messages(
    Extract(chat): Extract<Chat>,
    Guest(caller): Guest,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let meta = chat.require_joined(&caller, input.id("roomId")?).await?;
    let before = input.optional_text("before")?;
    let before = before.map(|it| dto::time("before", it)).transpose()?;
    let limit = input.integer("limit")?.unwrap_or(MESSAGES_PER_PAGE);
    let found = match input.optional_text("type")? {
        Some("direct") if meta.kind != ConversationKind::Direct => MessagesBefore {
            items: Vec::new(),
            has_more: false,
        },
        None | Some("direct") => {
            chat.messages_before_time(&caller, meta.id, before, limit)
                .await?
        }
        Some(_) => return Err(Error::invalid("type", "must be direct").into()),
    };
    let messages = render::messages(&chat, meta.id, &found.items).await?;
    let page = json!({ "messages": messages, "hasMore": found.has_more });
    Ok(Json(page))
}

async fn react(
    Extract(chat): Extract<Chat>,
    Guest(caller): Guest,
    input: Input,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let message_id: MessageId = input.id("messageId")?;
    let emoji = input.text("emoji")?;
    chat.add_reaction(&caller, message_id, emoji).await?;
    let id = ReactionId {
        message_id,
        user_id: caller.user_id,
        emoji: emoji.to_owned(),
    };
    let reaction = json!({
        "id": id.print(),
        "emoji": emoji,
        "messageId": message_id,
        "userId": caller.user_id,
    });
    Ok((StatusCode::CREATED, Json(reaction)))
}

/// One's own.
async fn unreact(
    Extract(chat): Extract<Chat>,
    Guest(caller): Guest,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let id = ReactionId::read(input.text("reactionId")?);
    let id = id.filter(|it| it.user_id == caller.user_id);
    let id = id.ok_or(Error::NotFound("reaction"))?;
    chat.remove_reaction(&caller, id.message_id, &id.emoji)
        .await?;
    Ok(Json(json!({ "success": true })))
}

/// `GET /metrics` as the contract has it. The main address has those for Prometheus.
fn metrics(connections: ConnectionCount) -> Router<State> {
    let opened = Instant::now();
    let answer = async move |Extract(chat): Extract<Chat>| {
        let figures = chat.work_stats();
        let memory = memory();
        Json(json!({
            "connections": connections.count(),
            "messageQueueJobs": jobs(&figures.messages),
            "presenceQueueJobs": jobs(&figures.presence),
            "memoryUsage": {
                "heapUsed": memory.resident,
                "heapTotal": memory.reserved,
                "external": 0,
                "arrayBuffers": 0,
            },
            "uptime": opened.elapsed().as_secs_f64(),
        }))
    };
    Router::new().route("/metrics", get(answer))
}

fn jobs(figures: &WorkCounts) -> Value {
    json!({
        "waiting": figures.waiting,
        "active": figures.active,
        "completed": figures.completed,
        "failed": figures.failed,
    })
}

/// In bytes; zeros where the system does not tell.
#[derive(Default)]
struct Memory {
    resident: u64,
    reserved: u64,
}

fn memory() -> Memory {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kilobytes * 1024)
    };
    Memory {
        resident: bytes("VmRSS:").unwrap_or_default(),
        reserved: bytes("VmData:").unwrap_or_default(),
    }
}
