//! Groups themselves, below `/api/groups`: made, found, changed, joined and left.

use super::{
    dto, group,
    rest::{Answer, done},
};
use crate::{
    State,
    contracts::{input::Input, rest::Signed},
};
use axum::{
    Router,
    extract::State as Extract,
    routing::{get, post, put},
};
use chat::{Chat, Error, Result};
use http::StatusCode;
use model::{ConversationChanges, ConversationKind, NewConversation};
use serde_json::{Value, json};

pub fn routes() -> Router<State> {
    Router::new()
        .route("/", get(groups).post(create_group))
        .route(
            "/{groupId}",
            get(one_group).put(update_group).delete(delete_group),
        )
        .route("/{groupId}/join", post(join_group))
        .route("/{groupId}/leave", post(leave_group))
        .route("/{groupId}/members/{userId}/role", put(set_role))
}

async fn groups(Extract(chat): Extract<Chat>, Signed(caller): Signed) -> Answer {
    let kinds = [ConversationKind::Group, ConversationKind::Channel];
    let heads = chat.conversations_of(&caller, &kinds).await?;
    let mut groups: Vec<Value> = Vec::with_capacity(heads.len());
    for head in &heads {
        groups.push(dto::group(&chat, head).await?);
    }
    Ok(done(
        StatusCode::OK,
        "Groups retrieved successfully",
        &groups.into(),
    ))
}

/// A private group is a group to the rest of us, one that anybody may join is a channel.
async fn create_group(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let is_private = is_private(&input)?.unwrap_or(false);
    let new = NewConversation {
        kind: if is_private {
            ConversationKind::Group
        } else {
            ConversationKind::Channel
        },
        member_ids: if input.has("memberIds") {
            input.ids("memberIds")?
        } else {
            Vec::new()
        },
        title: Some(input.text("name")?.to_owned()),
        description: input.optional_text("description")?.map(str::to_owned),
        private: is_private,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
    };
    let created = chat.create_conversation(&caller, new).await?;
    let status = if created.existed {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let group = dto::group(&chat, &created.summary).await?;
    Ok(done(status, "Group created successfully", &group))
}

async fn one_group(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let group = group(&chat, &caller, input.id("groupId")?).await?;
    let head = chat.conversation(&caller, group.id).await?;
    let group = dto::group(&chat, &head).await?;
    Ok(done(StatusCode::OK, "Group retrieved successfully", &group))
}

async fn update_group(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let group = group(&chat, &caller, input.id("groupId")?).await?;
    let changes = ConversationChanges {
        title: input.optional_text("name")?.map(str::to_owned),
        description: input.optional_text("description")?.map(str::to_owned),
        private: is_private(&input)?,
    };
    let head = chat.update_conversation(&caller, group.id, changes).await?;
    let group = dto::group(&chat, &head).await?;
    Ok(done(StatusCode::OK, "Group updated successfully", &group))
}

async fn delete_group(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Answer {
    let group = group(&chat, &caller, input.id("groupId")?).await?;
    chat.delete_conversation(&caller, group.id).await?;
    let data = json!({ "success": true, "groupId": group.id });
    Ok(done(StatusCode::OK, "Group deleted successfully", &data))
}

/// Of a group that is not private. What is private does not exist for those outside.
async fn join_group(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let joined = chat.join_conversation(&caller, input.id("groupId")?).await;
    let head = match joined {
        Ok(head) if head.conversation.kind != ConversationKind::Direct => head,
        Ok(_) | Err(Error::NotFound(_)) => return Err(Error::NotFound("group").into()),
        Err(error) => return Err(error.into()),
    };
    let group = dto::group(&chat, &head).await?;
    Ok(done(
        StatusCode::OK,
        "Joined the group successfully",
        &group,
    ))
}

async fn leave_group(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let group = group(&chat, &caller, input.id("groupId")?).await?;
    chat.leave_conversation(&caller, group.id).await?;
    let data = json!({ "success": true, "groupId": group.id });
    Ok(done(StatusCode::OK, "Left the group successfully", &data))
}

async fn set_role(Extract(chat): Extract<Chat>, Signed(caller): Signed, input: Input) -> Answer {
    let group = group(&chat, &caller, input.id("groupId")?).await?;
    let role = dto::role(Some(input.text("role")?))?;
    let user_id = input.id("userId")?;
    let member = chat
        .set_member_role(&caller, group.id, user_id, role)
        .await?;
    let member = dto::members(&chat, group.id, &[member]).await?.pop();
    Ok(done(
        StatusCode::OK,
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
