//! Incoming webhooks: addresses with which other programs send into a conversation.

use crate::{ConversationId, User, WebhookId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// An incoming webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub id: WebhookId,
    pub conversation_id: ConversationId,
    /// The bot as which it sends. It has the name of the webhook.
    pub bot: User,
    /// Whether `@all` and `@here` in what it sends tell anybody.
    pub may_mention_many: bool,
    /// The name of who has made it; `null` when the account is gone.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub created_by: Option<String>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    /// Behind by a minute at most; `null` for one that was never used.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_used_at: Option<OffsetDateTime>,
}

/// A webhook to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"name": "Monitoring"})))]
#[serde(rename_all = "camelCase")]
pub struct NewWebhook {
    /// As which it sends.
    pub name: String,
    /// Whether `@all` and `@here` in what it sends tell anybody; false when absent.
    #[serde(default)]
    pub may_mention_many: bool,
}

/// A webhook that was just made. The address is shown this one time: the server keeps a hash of its secret.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedWebhook {
    pub webhook: Webhook,
    /// `/hooks/<id>/<secret>`, on this server.
    pub path: String,
}
