//! What the settings page shows. The server reads it for the page.

use super::theme::Theme;
#[cfg(feature = "ssr")]
use super::theme::chosen_theme;
#[cfg(feature = "ssr")]
use crate::request_context::query_param_of;
#[cfg(feature = "ssr")]
use model::PageRequest;
use model::{Account, Page, Session};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub account: Account,
    pub shares_email: bool,
    pub sessions: Page<Session>,
    pub theme: Theme,
}

/// The parameter of the page's address with the cursor of the list of sessions.
pub const SESSIONS_CURSOR: &str = "sessions";

#[cfg(feature = "ssr")]
const SESSIONS_PER_PAGE: i64 = 50;

#[cfg(feature = "ssr")]
pub async fn load_settings(
    chat: &chat::Chat,
    caller: &chat::Caller,
    parts: &axum::http::request::Parts,
) -> chat::Result<Settings> {
    let cursor = query_param_of(parts, SESSIONS_CURSOR);
    let page = PageRequest {
        cursor,
        limit: Some(SESSIONS_PER_PAGE),
    };
    Ok(Settings {
        account: chat.account(caller).await?,
        shares_email: chat.shares_email(caller).await?,
        sessions: chat.sessions(caller, &page).await?,
        theme: chosen_theme(parts),
    })
}
