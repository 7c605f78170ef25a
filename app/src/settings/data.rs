//! What the settings page shows. The server reads it for the page.

use super::{
    clock::{Clock, chosen_clock},
    layout::{Layout, Previews, chosen_layout},
    theme::{Theme, chosen_theme},
};
use crate::request_context::query_param_of;
use model::{Account, EmailState, Page, PageRequest, Session, TwoFactor};

#[derive(Clone, Debug)]
pub struct Settings {
    pub account: Account,
    pub shares_email: bool,
    pub sessions: Page<Session>,
    pub two_factor: TwoFactor,
    /// Whether they sign in with a password, and whether with providers.
    pub has_password: bool,
    pub has_providers: bool,
    pub email: EmailState,
    pub theme: Theme,
    pub clock: Clock,
    pub layout: Layout,
    pub previews: Previews,
}

/// The parameter of the page's address with the cursor of the list of sessions.
pub const SESSIONS_CURSOR: &str = "sessions";

const SESSIONS_PER_PAGE: i64 = 50;

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
    let (layout, previews) = chosen_layout(parts);
    Ok(Settings {
        account: chat.account(caller).await?,
        shares_email: chat.shares_email(caller).await?,
        sessions: chat.sessions(caller, &page).await?,
        two_factor: chat.two_factor(caller).await?,
        has_password: chat.has_password(caller).await?,
        has_providers: !chat.sign_in_providers().is_empty(),
        email: chat.email_state(caller).await?,
        theme: chosen_theme(parts),
        clock: chosen_clock(parts),
        layout,
        previews,
    })
}
