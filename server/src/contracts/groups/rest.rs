//! The routes of messages and members, below `/api/chat`.

use super::{
    dto, envelope,
    messages::{content, history, require_group, require_group_message, send},
};
use crate::{
    State,
    contracts::{
        auth::TokenAuth,
        input::Input,
        responses::{StatusResult, created_status},
    },
    gateway::UserRef,
};
use axum::{
    Router,
    routing::{get, post},
};
use chat::{Caller, Chat, ConversationMeta, Error, Result};
use http::StatusCode;
use model::{Member, MemberRole, NewMembers, UserId};
use serde_json::json;
use std::sync::Arc;

pub fn routes() -> Router<State> {
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
    Router::new().nest("/api/chat", chat)
}

async fn create_message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let sent = send(&chat, &caller, &input).await?;
    let status = created_status(sent.deduplicated);
    let message = dto::message(&chat, &sent.message).await?;
    Ok(envelope::with_status(
        status,
        "Message sent successfully",
        &message,
    ))
}

async fn messages(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = group(&chat, &caller, &input).await?;
    let page = history(&chat, &caller, &group, &input).await?;
    Ok(envelope::ok("Messages retrieved successfully", &page))
}

async fn message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let message = require_group_message(&chat, &caller, &input).await?;
    let message = dto::message(&chat, &message).await?;
    Ok(envelope::ok("Message retrieved successfully", &message))
}

async fn edit_message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let message = require_group_message(&chat, &caller, &input).await?;
    if message.sender.id != caller.user_id {
        return Err(Error::Forbidden("You can only edit your own messages").into());
    }
    let content = content(&input)?.to_owned();
    let edited = chat.edit_message(&caller, message.id, content).await?;
    let edited = dto::message(&chat, &edited).await?;
    Ok(envelope::ok("Message updated successfully", &edited))
}

async fn delete_message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let message = require_group_message(&chat, &caller, &input).await?;
    chat.delete_message(&caller, message.id).await?;
    let data = json!({ "success": true, "messageId": message.id });
    Ok(envelope::ok("Message deleted successfully", &data))
}

pub async fn members(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = group(&chat, &caller, &input).await?;
    let members = chat.all_members(&caller, group.id).await?;
    let members = dto::members(&chat, group.id, &members).await?;
    Ok(envelope::ok(
        "Members retrieved successfully",
        &members.into(),
    ))
}

pub async fn add_member(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = group(&chat, &caller, &input).await?;
    let user_id: UserId = input.id(&chat, &caller, "userId").await?;
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
    Ok(envelope::with_status(
        StatusCode::CREATED,
        "Member added successfully",
        &added.into(),
    ))
}

/// By owners and admins, for all members but owners. To leave, members have `manage::leave_group`.
pub async fn remove_member(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = group(&chat, &caller, &input).await?;
    let user_id = input.known_user(&chat, &caller, "userId").await?;
    let user_id = user_id.ok_or(Error::NotFound("member"))?;
    let members = chat.all_members(&caller, group.id).await?;
    if role_of(&members, caller.user_id)? < MemberRole::Admin {
        let text = "Only group owners and admins can remove members";
        return Err(Error::Forbidden(text).into());
    }
    if role_of(&members, user_id)? == MemberRole::Owner {
        return Err(Error::Forbidden("The group owner cannot be removed").into());
    }
    chat.remove_member(&caller, group.id, user_id).await?;
    let data = json!({ "success": true, "userId": UserRef(user_id), "groupId": group.id });
    Ok(envelope::ok("Member removed successfully", &data))
}

/// The group that the path names, if the caller is a member.
pub async fn group(chat: &Chat, caller: &Caller, input: &Input) -> Result<Arc<ConversationMeta>> {
    let id = input.path_id(chat, caller, "groupId").await;
    require_group(chat, caller, id).await
}

fn role_of(members: &[Member], user_id: UserId) -> Result<MemberRole> {
    let member = members.iter().find(|member| member.user.id == user_id);
    Ok(member.ok_or(Error::NotFound("member"))?.role)
}
