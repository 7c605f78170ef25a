//! Requests about muted conversations, and what this browser had muted before that was the account's.

use super::{ChatClient, browser, rest::to_json};
use crate::error::AppError;
use model::{ConversationId, Mute, NewMute};

/// The choices of the sidebar in which earlier versions of the page have kept mutes, and in seconds since 1970 when
/// they end.
const OLD_MUTES: &str = "muted";
const OLD_ENDS: &str = "muted-until";

impl ChatClient {
    pub fn is_muted(self, id: ConversationId) -> bool {
        self.store.with_untracked(|store| store.is_muted(id))
    }

    pub async fn mutes(self) -> Result<Vec<Mute>, AppError> {
        self.all_of("/me/mutes").await
    }

    pub async fn set_mute(self, id: ConversationId, new: &NewMute) -> Result<Mute, AppError> {
        let path = format!("/conversations/{id}/mute");
        self.request_json("PUT", &path, to_json(new)).await
    }

    pub async fn unmute(self, id: ConversationId) -> Result<Mute, AppError> {
        let path = format!("/conversations/{id}/mute");
        self.request_json("DELETE", &path, None).await
    }

    /// What is only muted in this browser, and when that ends, in seconds since 1970.
    pub fn old_mutes(self) -> Vec<(ConversationId, Option<i64>)> {
        let ends: Vec<(ConversationId, i64)> = self.choice(OLD_ENDS);
        let end = |id| ends.iter().find(|(known, _)| *known == id);
        let muted: Vec<ConversationId> = self.choice(OLD_MUTES);
        let muted = muted.into_iter();
        muted.map(|id| (id, end(id).map(|(_, end)| *end))).collect()
    }

    /// The account has it, or will not have it. With the last one, nothing of them is kept.
    pub fn forget_old_mute(self, id: ConversationId) {
        let mut rest: Vec<ConversationId> = self.choice(OLD_MUTES);
        rest.retain(|known| *known != id);
        if rest.is_empty() {
            for name in [OLD_MUTES, OLD_ENDS] {
                browser::remove_stored(&self.storage_key("sidebar", name));
            }
        } else {
            self.keep_choice(OLD_MUTES, &rest);
        }
    }
}
