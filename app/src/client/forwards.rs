//! Requests that forward messages, and tell where forwarded ones come from.

use super::{ChatClient, rest::to_json};
use crate::error::AppError;
use model::{ConversationId, MessageId, NewForward, Origin, Page};

impl ChatClient {
    /// The messages arrive as events.
    pub async fn forward(self, to: ConversationId, new: &NewForward) -> Result<(), AppError> {
        let path = format!("/conversations/{to}/forwards");
        self.request("POST", &path, to_json(new)).await.map(drop)
    }

    /// Of those that the user may see.
    pub async fn origins(self, ids: &[MessageId]) -> Result<Vec<Origin>, AppError> {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let path = format!("/origins?messageIds={}", ids.join(","));
        let page: Page<Origin> = self.get(&path).await?;
        Ok(page.items)
    }
}
