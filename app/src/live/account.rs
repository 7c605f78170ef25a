//! What a person does with their account.

use super::{Live, browser, rest::write};
use crate::error::AppError;
use model::{Profile, SessionId};

impl Live {
    pub async fn update_profile(self, profile: Profile) -> Result<(), AppError> {
        self.request("PATCH", "/me", write(&profile))
            .await
            .map(drop)
    }

    pub async fn revoke_session(self, id: SessionId) -> Result<(), AppError> {
        let path = format!("/me/sessions/{id}");
        self.request("DELETE", &path, None).await.map(drop)
    }

    /// In a cookie of this browser. Where that fails, the theme lasts as long as the page.
    pub async fn keep_theme(self, name: &'static str) {
        let form = format!("theme={name}");
        browser::fetch("POST", "/form/theme", Some((browser::FORM, form))).await;
    }
}
