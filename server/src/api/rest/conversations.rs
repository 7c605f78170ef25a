//! Endpoints that list, create, change, join and leave conversations.

use crate::api::prelude::*;
use model::{ConversationChanges, ConversationId, ConversationKind, ConversationSummary, UserKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ConversationQuery {
    /// `false` for the public channels that the caller could join.
    joined: bool,
    /// Part of the title, or of the other user's name, at most 100 characters.
    #[param(max_length = 100)]
    query: Option<String>,
}

impl Default for ConversationQuery {
    fn default() -> Self {
        Self {
            joined: true,
            query: None,
        }
    }
}

/// Lists the caller's conversations, the one with the newest message first.
///
/// With `query`, those whose title contains it, or the name of the other user of a direct one. With
/// `joined=false` it lists the public channels that the caller could join.
#[utoipa::path(get, path = "/conversations", tag = "conversations", operation_id = "listConversations",
    params(ConversationQuery, PageRequest),
    responses((status = 200, body = Page<ConversationSummary>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<ConversationQuery>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<ConversationSummary>>> {
    Ok(Json(match query {
        ConversationQuery {
            joined: true,
            query: None,
        } => chat.conversations(&caller, page).await?,
        ConversationQuery {
            joined: true,
            query: Some(query),
        } => chat.conversations_like(&caller, &query, page).await?,
        ConversationQuery { query, .. } => {
            chat.open_channels(&caller, query.as_deref(), page).await?
        }
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewConversation {
    kind: ConversationKind,
    /// The members besides the caller, who becomes the owner: each by an id of Parlance, or by an app
    /// and the id that it has for them. Somebody of the caller's app whom nobody has seen yet is a
    /// member before their first token comes.
    #[serde(default)]
    member_ids: Vec<UserKey>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    description: Option<String>,
    /// For channels; groups are always private.
    #[serde(default)]
    private: bool,
    /// Idempotency key: a retry with the same one returns the first result.
    #[serde(default)]
    client_id: Option<String>,
}

/// Creates a conversation.
///
/// If the direct conversation exists already, or a retry has the same `clientId`, the answer is 200 with the existing
/// one. The members get the event `conversation:created`.
#[utoipa::path(post, path = "/conversations", tag = "conversations", operation_id = "createConversation",
    request_body = NewConversation,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same as `clientId`")),
    responses((status = 201, body = ConversationSummary, description = "Created"),
        (status = 200, body = ConversationSummary, description = "It existed already"), NotFound, Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(mut new): Json<NewConversation>,
) -> Result<(StatusCode, Json<ConversationSummary>)> {
    IdempotencyKey::fill(key, &mut new.client_id)?;
    let member_ids = chat
        .resolve_user_keys(&caller, "memberIds", &new.member_ids)
        .await?;
    let new = model::NewConversation {
        kind: new.kind,
        member_ids,
        title: new.title,
        description: new.description,
        private: new.private,
        client_id: new.client_id,
    };
    let conversation = chat.create_conversation(&caller, new).await?;
    Ok((
        status_created(conversation.existed),
        Json(conversation.summary),
    ))
}

/// Shows one conversation.
///
/// With what is personal to the caller: role, read position, unread count. Public channels can be read without
/// joining.
#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", operation_id = "showConversation",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = ConversationSummary)))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationSummary>> {
    Ok(Json(chat.conversation(&caller, id).await?))
}

/// Changes title, description or privacy.
///
/// For owners and admins. Fields that are absent stay as they are.
#[utoipa::path(patch, path = "/conversations/{id}", tag = "conversations", operation_id = "updateConversation",
    params(("id" = ConversationId, Path)),
    request_body = ConversationChanges,
    responses((status = 200, body = ConversationSummary)))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(changes): Json<ConversationChanges>,
) -> Result<Json<ConversationSummary>> {
    Ok(Json(chat.update_conversation(&caller, id, changes).await?))
}

/// Deletes a conversation with all of its messages.
///
/// For owners. Direct conversations cannot be deleted.
#[utoipa::path(delete, path = "/conversations/{id}", tag = "conversations", operation_id = "deleteConversation",
    params(("id" = ConversationId, Path)),
    responses((status = 204)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    chat.delete_conversation(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Joins a public channel.
///
/// Joining again changes nothing.
#[utoipa::path(post, path = "/conversations/{id}/join", tag = "conversations", operation_id = "joinConversation",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = ConversationSummary)))]
pub async fn join(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationSummary>> {
    Ok(Json(chat.join_conversation(&caller, id).await?))
}

/// Groups and channels to leave.
#[derive(Deserialize, ToSchema)]
pub struct ConversationsToLeave {
    /// 1 to 100.
    ids: Vec<ConversationId>,
}

/// The conversations that were left.
#[derive(Serialize, ToSchema)]
pub struct ConversationsLeft {
    ids: Vec<ConversationId>,
}

/// Leaves several groups and channels.
///
/// The answer names those that were left. Those of which the caller is no member are left out, and direct
/// conversations, which cannot be left. After an error the same request leaves the rest.
#[utoipa::path(post, path = "/conversations/leave", tag = "conversations", operation_id = "leaveConversations",
    request_body = ConversationsToLeave,
    responses((status = 200, body = ConversationsLeft)))]
pub async fn leave_many(
    State(chat): State<Chat>,
    caller: Caller,
    Json(leave): Json<ConversationsToLeave>,
) -> Result<Json<ConversationsLeft>> {
    let ids = chat.leave_conversations(&caller, &leave.ids).await?;
    Ok(Json(ConversationsLeft { ids }))
}

/// Leaves a conversation.
///
/// Direct conversations cannot be left.
#[utoipa::path(post, path = "/conversations/{id}/leave", tag = "conversations", operation_id = "leaveConversation",
    params(("id" = ConversationId, Path)),
    responses((status = 204), Conflict))]
pub async fn leave(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    chat.leave_conversation(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
