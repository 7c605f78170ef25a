//! The routes of the contract, below `/api/chat`, and its envelopes.

use super::{content, dto, group, group_message, history, manage, refused_token, send};
use crate::{
    State,
    contracts::{
        input::Input,
        iso,
        rest::{self, Signed},
    },
    gateway::ConnectionCount,
    problem::ApiError,
};
use axum::{
    Json, Router,
    extract::State as Extract,
    routing::{get, post},
};
use chat::{Chat, Error, Result};
use http::StatusCode;
use model::{ErrorCode, Member, MemberRole, NewMembers, Problem, UserId};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub type Answer = Result<Done, ApiError>;
type Done = (StatusCode, Json<Value>);

pub fn routes(connections: ConnectionCount) -> Router<State> {
    let chat = Router::new()
        .route("/messages", post(create_message))
        .route(
            "/messages/{messageId}",
            get(message).put(edit_message).delete(delete_message),
        )
        .route("/{groupId}/messages", get(messages))
        .route(
            "/{groupId}/members",
            get(members).post(add_member).delete(remove_member),
        );
    let features = json!({ "chat": true, "socketio": true, "realtime": true });
    Router::new()
        .nest("/api/chat", chat)
        .nest("/api/groups", manage::routes())
        .merge(rest::health(connections, features))
}

/// The body of a refusal.
pub fn words(problem: &Problem) -> Value {
    let code = match problem.code {
        ErrorCode::Unauthenticated => "UNAUTHORIZED",
        ErrorCode::Forbidden => "FORBIDDEN",
        ErrorCode::NotFound => "NOT_FOUND",
        ErrorCode::Invalid => "VALIDATION_ERROR",
        ErrorCode::Conflict => "CONFLICT",
        ErrorCode::TooManyRequests => "TOO_MANY_REQUESTS",
        ErrorCode::Unavailable => "SERVICE_UNAVAILABLE",
        ErrorCode::Internal => "INTERNAL_ERROR",
    };
    let mut error = json!({ "code": code });
    if problem.errors.is_empty() {
        let message = match problem.code {
            ErrorCode::Unauthenticated => refused_token(&problem.detail),
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

/// The envelope of what was done.
pub fn done(status: StatusCode, message: &str, data: &Value) -> Done {
    let body = json!({
        "success": true,
        "message": message,
        "data": data,
        "timestamp": iso(OffsetDateTime::now_utc()),
    });
    (status, Json(body))
}

async fn create_message(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let sent = send(&chat, &caller, &input).await?;
    let status = if sent.deduplicated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let message = dto::message(&chat, &sent.message).await?;
    Ok(done(status, "Message sent successfully", &message))
}

async fn messages(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let page = history(&chat, &caller, &input).await?;
    Ok(done(
        StatusCode::OK,
        "Messages retrieved successfully",
        &page,
    ))
}

async fn message(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let message = group_message(&chat, &caller, &input).await?;
    let message = dto::message(&chat, &message).await?;
    Ok(done(
        StatusCode::OK,
        "Message retrieved successfully",
        &message,
    ))
}

async fn edit_message(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let message = group_message(&chat, &caller, &input).await?;
    if message.sender.id != caller.user_id {
        return Err(Error::Forbidden("You can only edit your own messages").into());
    }
    let content = content(&input)?.to_owned();
    let edited = chat.edit_message(&caller, message.id, content).await?;
    let edited = dto::message(&chat, &edited).await?;
    Ok(done(
        StatusCode::OK,
        "Message updated successfully",
        &edited,
    ))
}

async fn delete_message(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let message = group_message(&chat, &caller, &input).await?;
    chat.delete_message(&caller, message.id).await?;
    let data = json!({ "success": true, "messageId": message.id });
    Ok(done(StatusCode::OK, "Message deleted successfully", &data))
}

async fn members(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let group = group(&chat, &caller, input.id("groupId")?).await?;
    let members = chat.all_members(&caller, group.id).await?;
    let members = dto::members(&chat, group.id, &members).await?;
    Ok(done(
        StatusCode::OK,
        "Members retrieved successfully",
        &members.into(),
    ))
}

async fn add_member(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let group = group(&chat, &caller, input.id("groupId")?).await?;
    let user_id: UserId = input.id("userId")?;
    let new = NewMembers {
        user_ids: vec![user_id],
        role: dto::role(input.optional_text("role")?)?,
    };
    let members = chat.all_members(&caller, group.id).await?;
    if members.iter().any(|member| member.user.id == user_id) {
        return Err(Error::invalid("userId", "is already a member of this group").into());
    }
    let added = chat.add_members(&caller, group.id, new).await?;
    let added = dto::members(&chat, group.id, &added).await?.pop();
    Ok(done(
        StatusCode::CREATED,
        "Member added successfully",
        &added.into(),
    ))
}

/// By owners and admins, of all but owners; oneself leaves by a route of its own.
async fn remove_member(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let group = group(&chat, &caller, input.id("groupId")?).await?;
    let user_id: UserId = input.id("userId")?;
    let members = chat.all_members(&caller, group.id).await?;
    if role_of(&members, caller.user_id)? < MemberRole::Admin {
        let text = "Only group owners and admins can remove members";
        return Err(Error::Forbidden(text).into());
    }
    if role_of(&members, user_id)? == MemberRole::Owner {
        return Err(Error::Forbidden("The group owner cannot be removed").into());
    }
    chat.remove_member(&caller, group.id, user_id).await?;
    let data = json!({ "success": true, "userId": user_id, "groupId": group.id });
    Ok(done(StatusCode::OK, "Member removed successfully", &data))
}

fn role_of(members: &[Member], user_id: UserId) -> Result<MemberRole> {
    let member = members.iter().find(|member| member.user.id == user_id);
    Ok(member.ok_or(Error::NotFound("member"))?.role)
}
