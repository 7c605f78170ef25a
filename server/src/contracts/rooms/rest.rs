//! The routes of the contract, below `/api/v2/chat`.

use super::{
    auth::TenantAuth,
    dto,
    reaction_id::ReactionId,
    render::{self, ROOM_KINDS},
};
use crate::{
    State,
    contracts::{
        input::Input,
        responses::{JsonResult, StatusResult, created_status},
    },
    gateway::UserRef,
};
use axum::{
    Json, Router,
    routing::{delete, get, post},
};
use chat::{Error, MessagesBefore};
use http::StatusCode;
use model::{ConversationKind, MessageId, NewConversation};
use serde_json::json;

const MESSAGES_PER_PAGE: i64 = 50;

pub fn routes() -> Router<State> {
    let chat = Router::new()
        .route("/rooms", get(rooms).post(create_room))
        .route("/messages", get(messages))
        .route("/reactions", post(react))
        .route("/reactions/{reactionId}", delete(unreact));
    Router::new().nest("/api/v2/chat", chat)
}

/// `{name, participants, clientId?}`, always a group. `chat:start_direct` creates rooms of two.
async fn create_room(TenantAuth { chat, caller }: TenantAuth, input: Input) -> StatusResult {
    let name = input.text("name")?.to_owned();
    let client_id = input.optional_text("clientId")?.map(str::to_owned);
    let new = NewConversation {
        kind: ConversationKind::Group,
        // The last of all, because it may create users.
        member_ids: input.users(&chat, &caller, "participants").await?,
        title: Some(name),
        description: None,
        private: true,
        client_id,
    };
    let created = chat.create_conversation(&caller, new).await?;
    let head = created.summary;
    let members = chat.all_members(&caller, head.conversation.id).await?;
    let room = dto::new_room(&head, &members);
    Ok((created_status(created.existed), Json(room)))
}

async fn rooms(TenantAuth { chat, caller }: TenantAuth) -> JsonResult {
    let heads = chat.conversations_of(&caller, &ROOM_KINDS).await?;
    let ids: Vec<_> = heads.iter().map(|head| head.conversation.id).collect();
    let members_of = chat.members_of_many(&ids).await?;
    let rooms = heads.iter().map(|head| {
        let members = members_of.get(&head.conversation.id);
        dto::listed_room(head, members.map_or(&[], Vec::as_slice))
    });
    Ok(Json(json!({ "rooms": rooms.collect::<Vec<_>>() })))
}

/// `?roomId=&before=<timestamp>&limit=&type=`, oldest first. Messages of the same millisecond are
/// never split between pages.
async fn messages(TenantAuth { chat, caller }: TenantAuth, input: Input) -> JsonResult {
    let meta = chat
        .require_joined(&caller, input.id(&chat, &caller, "roomId").await?)
        .await?;
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
    Ok(Json(
        json!({ "messages": messages, "hasMore": found.has_more }),
    ))
}

async fn react(TenantAuth { chat, caller }: TenantAuth, input: Input) -> StatusResult {
    let message_id: MessageId = input.id(&chat, &caller, "messageId").await?;
    let emoji = chat::canonical_reaction(input.text("emoji")?)?;
    chat.add_reaction(&caller, message_id, emoji).await?;
    let id = ReactionId {
        message_id,
        user: UserRef(caller.user_id).to_string(),
        emoji: emoji.to_owned(),
    };
    let reaction = json!({
        "id": id.format(),
        "emoji": emoji,
        "messageId": message_id,
        "userId": UserRef(caller.user_id),
    });
    Ok((StatusCode::CREATED, Json(reaction)))
}

/// Only for the caller's own reactions.
async fn unreact(TenantAuth { chat, caller }: TenantAuth, input: Input) -> JsonResult {
    // What no reaction can be called is called nothing.
    let id = input.text("reactionId").ok().and_then(ReactionId::parse);
    let id = id.ok_or(Error::NotFound("reaction"))?;
    if chat.find_named_user(&caller, &id.user).await? != Some(caller.user_id) {
        return Err(Error::NotFound("reaction").into());
    }
    chat.remove_reaction(&caller, id.message_id, &id.emoji)
        .await?;
    Ok(Json(json!({ "success": true })))
}
