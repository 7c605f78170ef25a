//! What the settings page shows. The server reads it for the page.

use super::theme::Theme;
#[cfg(feature = "ssr")]
use super::theme::chosen_theme;
use model::{Account, Session};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub account: Account,
    pub sessions: Vec<Session>,
    pub theme: Theme,
}

#[cfg(feature = "ssr")]
pub async fn load_settings(
    chat: &chat::Chat,
    caller: &chat::Caller,
    parts: &axum::http::request::Parts,
) -> chat::Result<Settings> {
    Ok(Settings {
        account: chat.account(caller).await?,
        sessions: chat.sessions(caller).await?,
        theme: chosen_theme(parts),
    })
}
