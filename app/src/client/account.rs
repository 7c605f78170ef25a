//! Changes of the user's own account: profile, sessions, theme, presence.

use super::{
    ChatClient, browser,
    connection::{self, PresencePayload},
    rest::to_json,
};
use crate::error::AppError;
use model::{PresenceChoice, Profile, SessionId};

impl ChatClient {
    pub async fn update_profile(self, profile: Profile) -> Result<(), AppError> {
        self.request("PATCH", "/me", to_json(&profile))
            .await
            .map(drop)
    }

    pub async fn revoke_session(self, id: SessionId) -> Result<(), AppError> {
        let path = format!("/me/sessions/{id}");
        self.request("DELETE", &path, None).await.map(drop)
    }

    pub async fn revoke_other_sessions(self) -> Result<(), AppError> {
        self.request("DELETE", "/me/sessions", None).await.map(drop)
    }

    /// Stores the theme in a cookie of this browser. If the request fails, the theme lasts until the
    /// page is left.
    pub async fn save_theme(self, name: &'static str) {
        let form = format!("theme={name}");
        browser::fetch("POST", "/form/theme", Some((browser::FORM, form))).await;
    }

    /// Sets the presence that others see. While the connection is down it is set in the store only.
    pub fn set_presence(self, choice: PresenceChoice) {
        connection::emit("presence:set", &PresencePayload { status: choice });
        self.store.update(|store| store.me.presence_choice = choice);
    }
}
