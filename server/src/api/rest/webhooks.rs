//! Endpoints of incoming webhooks. `hooks.rs` takes what is sent to them.

use crate::api::prelude::*;
use model::{ConversationId, CreatedWebhook, NewWebhook, Webhook, WebhookId};

/// Lists the incoming webhooks of a conversation, the oldest first.
///
/// For its owners and admins. Their addresses are not in it: nobody sees them after they were made.
#[utoipa::path(get, path = "/conversations/{id}/webhooks", tag = "webhooks", operation_id = "listWebhooks",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = Page<Webhook>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<Page<Webhook>>> {
    Ok(single_page(chat.webhooks(&caller, id).await?))
}

/// Makes an incoming webhook of a group or a channel.
///
/// For its owners and admins. Whoever has its address sends into the conversation, as a bot with the name of the webhook;
/// the address takes what Slack's incoming webhooks take. The answer has it, this one time.
#[utoipa::path(post, path = "/conversations/{id}/webhooks", tag = "webhooks", operation_id = "createWebhook",
    params(("id" = ConversationId, Path)), request_body = NewWebhook,
    responses((status = 201, body = CreatedWebhook), Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewWebhook>,
) -> Result<(StatusCode, Json<CreatedWebhook>)> {
    let created = chat.create_webhook(&caller, id, new).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Removes an incoming webhook.
///
/// For owners and admins of the conversation. Its address is refused from now on, and its bot leaves. What it has sent
/// stays.
#[utoipa::path(delete, path = "/conversations/{id}/webhooks/{webhookId}", tag = "webhooks",
    operation_id = "deleteWebhook",
    params(("id" = ConversationId, Path), ("webhookId" = WebhookId, Path)),
    responses((status = 204)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path((id, webhook_id)): Path<(ConversationId, WebhookId)>,
) -> Result<StatusCode> {
    chat.delete_webhook(&caller, id, webhook_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
