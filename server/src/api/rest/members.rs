//! Endpoints of the members of a conversation.

use super::users::UserQuery;
use crate::api::prelude::*;
use model::{ConversationId, Member, MemberRole, UserKey};
use serde::Deserialize;
use utoipa::ToSchema;

/// Lists the members of a conversation.
///
/// Owners first, then admins, then members, each in the order of joining. With `query`, those whose username or name
/// contains it, as in the list of users; with accents, names that are written with them come before the others.
#[utoipa::path(get, path = "/conversations/{id}/members", tag = "members", operation_id = "listMembers",
    params(("id" = ConversationId, Path), UserQuery, PageRequest),
    responses((status = 200, body = Page<Member>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Query(query): Query<UserQuery>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Member>>> {
    let query = query.query.unwrap_or_default();
    Ok(Json(chat.search_members(&caller, id, &query, page).await?))
}

/// Users to be added, each by an id of Parlance, or by an app and the id that it has for them. Somebody
/// of the caller's app whom nobody has seen yet is added before their first token comes.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewMembers {
    user_ids: Vec<UserKey>,
    #[serde(default)]
    role: MemberRole,
}

/// Adds members.
///
/// For owners and admins. The answer has all users of the request; those who are members already keep their role.
#[utoipa::path(post, path = "/conversations/{id}/members", tag = "members", operation_id = "addMembers",
    params(("id" = ConversationId, Path)), request_body = NewMembers,
    responses((status = 200, body = Page<Member>)))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewMembers>,
) -> Result<Json<Page<Member>>> {
    let user_ids = chat
        .resolve_user_keys(&caller, "userIds", &new.user_ids)
        .await?;
    let new = model::NewMembers {
        user_ids,
        role: new.role,
    };
    Ok(single_page(chat.add_members(&caller, id, new).await?))
}

#[derive(Deserialize, ToSchema)]
pub struct Role {
    role: MemberRole,
}

/// Gives a member another role.
///
/// For owners. The last owner has to make somebody else an owner first.
#[utoipa::path(patch, path = "/conversations/{id}/members/{userId}", tag = "members", operation_id = "setMemberRole",
    request_body = Role,
    params(("id" = ConversationId, Path), ("userId" = UserKey, Path)),
    responses((status = 200, body = Member), Conflict))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    Path((id, key)): Path<(ConversationId, UserKey)>,
    Json(Role { role }): Json<Role>,
) -> Result<Json<Member>> {
    let user_id = chat.find_user_by_key(&caller, &key).await?;
    Ok(Json(
        chat.set_member_role(&caller, id, user_id, role).await?,
    ))
}

/// Removes a member.
///
/// For owners, and for admins where the member is an ordinary one. The member receives nothing of the conversation from
/// then on.
#[utoipa::path(delete, path = "/conversations/{id}/members/{userId}", tag = "members", operation_id = "removeMember",
    params(("id" = ConversationId, Path), ("userId" = UserKey, Path)),
    responses((status = 204), Conflict))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path((id, key)): Path<(ConversationId, UserKey)>,
) -> Result<StatusCode> {
    let user_id = chat.find_user_by_key(&caller, &key).await?;
    chat.remove_member(&caller, id, user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
