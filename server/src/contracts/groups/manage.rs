//! The routes of groups themselves, below `/api/groups`.

use super::{
    dto, envelope,
    rest::{self, add_member, members, remove_member},
};
use crate::{
    State,
    contracts::{
        auth::TokenAuth,
        input::Input,
        responses::{StatusResult, created_status},
    },
};
use axum::{
    Router,
    routing::{delete, get, post, put},
};
use chat::{Error, Result};
use model::{ConversationChanges, ConversationKind, MemberRole, NewConversation};
use serde_json::json;

pub fn routes() -> Router<State> {
    let groups = Router::new()
        .route("/", get(groups).post(create_group))
        .route(
            "/{groupId}",
            get(group).put(update_group).delete(delete_group),
        )
        .route("/{groupId}/join", post(join_group))
        .route("/{groupId}/leave", post(leave_group))
        .route("/{groupId}/members", get(members).post(add_member))
        .route("/{groupId}/members/{userId}", delete(remove_member))
        .route("/{groupId}/members/{userId}/role", put(set_role));
    Router::new().nest("/api/groups", groups)
}

async fn groups(TokenAuth { chat, caller }: TokenAuth) -> StatusResult {
    let kinds = [ConversationKind::Group, ConversationKind::Channel];
    let heads = chat.conversations_of(&caller, &kinds).await?;
    let groups = dto::groups(&chat, &heads).await?;
    Ok(envelope::ok(
        "Groups retrieved successfully",
        &groups.into(),
    ))
}

/// A private group of the contract is a group of the chat, a public one is a channel.
async fn create_group(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let is_private = is_private(&input)?.unwrap_or(false);
    let name = input.text("name")?.to_owned();
    let description = input.optional_text("description")?.map(str::to_owned);
    let client_id = input.optional_text("clientId")?.map(str::to_owned);
    let new = NewConversation {
        kind: if is_private {
            ConversationKind::Group
        } else {
            ConversationKind::Channel
        },
        // The last of all, because it may create users.
        member_ids: if input.has("memberIds") {
            input.users(&chat, &caller, "memberIds").await?
        } else {
            Vec::new()
        },
        title: Some(name),
        description,
        private: is_private,
        client_id,
    };
    let created = chat.create_conversation(&caller, new).await?;
    let status = created_status(created.existed);
    let group = dto::group(&chat, &created.summary).await?;
    Ok(envelope::with_status(
        status,
        "Group created successfully",
        &group,
    ))
}

async fn group(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = rest::group(&chat, &caller, &input).await?;
    let head = chat.conversation(&caller, group.id).await?;
    let group = dto::group(&chat, &head).await?;
    Ok(envelope::ok("Group retrieved successfully", &group))
}

async fn update_group(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = rest::group(&chat, &caller, &input).await?;
    let changes = ConversationChanges {
        title: input.optional_text("name")?.map(str::to_owned),
        description: input.optional_text("description")?.map(str::to_owned),
        private: is_private(&input)?,
    };
    let head = chat.update_conversation(&caller, group.id, changes).await?;
    let group = dto::group(&chat, &head).await?;
    Ok(envelope::ok("Group updated successfully", &group))
}

async fn delete_group(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = rest::group(&chat, &caller, &input).await?;
    chat.delete_conversation(&caller, group.id).await?;
    let data = json!({ "success": true, "groupId": group.id });
    Ok(envelope::ok("Group deleted successfully", &data))
}

/// Only for public groups. A private group does not exist for outsiders.
async fn join_group(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let joined = match input.path_id(&chat, &caller, "groupId").await {
        Ok(id) => chat.join_conversation(&caller, id).await,
        Err(error) => Err(error),
    };
    let head = match joined {
        Ok(head) if head.conversation.kind.is_group() => head,
        Ok(_) | Err(Error::NotFound(_)) => return Err(Error::NotFound("group").into()),
        Err(error) => return Err(error.into()),
    };
    let group = dto::group(&chat, &head).await?;
    Ok(envelope::ok("Joined the group successfully", &group))
}

async fn leave_group(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = rest::group(&chat, &caller, &input).await?;
    chat.leave_conversation(&caller, group.id).await?;
    let data = json!({ "success": true, "groupId": group.id });
    Ok(envelope::ok("Left the group successfully", &data))
}

/// `OWNER` hands the group over: the caller becomes an admin.
async fn set_role(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let group = rest::group(&chat, &caller, &input).await?;
    let role = dto::any_role(input.text("role")?)?;
    let user_id = input.known_user(&chat, &caller, "userId").await?;
    let user_id = user_id.ok_or(Error::NotFound("member"))?;
    let member = if role == MemberRole::Owner {
        let owner = chat.transfer_ownership(&caller, group.id, user_id);
        owner.await?
    } else {
        let changed = chat.set_member_role(&caller, group.id, user_id, role);
        changed.await?
    };
    let member = dto::members(&chat, group.id, &[member]).await?.pop();
    Ok(envelope::ok(
        "Member role updated successfully",
        &member.into(),
    ))
}

fn is_private(input: &Input) -> Result<Option<bool>> {
    input
        .has("isPrivate")
        .then(|| input.flag("isPrivate"))
        .transpose()
}
