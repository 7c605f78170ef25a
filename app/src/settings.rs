//! The settings: the account, the look, the sessions.

mod profile;
mod sessions;
mod theme;

pub use theme::Theme;
#[cfg(feature = "ssr")]
pub use theme::chosen as chosen_theme;

use crate::{
    conversations::set_title,
    presence::PresenceChoices,
    ui::{Icon, icon},
};
use leptos::prelude::*;
use model::{Account, Session};
use profile::ProfileForm;
use serde::{Deserialize, Serialize};
use sessions::SessionList;
use theme::ThemeForm;

/// What the page of settings shows.
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

pub fn settings_page(settings: Settings) -> AnyView {
    set_title(|| "Settings".to_owned());
    part! {
        <section class="pane" aria-labelledby="settings-title">
            <header class="pane-header">
                <a class="icon-button only-narrow" href="/" aria-label="Back to conversations">
                    {icon(Icon::Back)}
                </a>
                <h2 id="settings-title" class="grow">"Settings"</h2>
            </header>
            <div class="pane-body">
                <div class="sheet">{sections(settings)}</div>
            </div>
        </section>
    }
}

fn sections(settings: Settings) -> AnyView {
    part! {
        <section class="card">
            <h3>"Profile"</h3>
            <ProfileForm account=settings.account />
        </section>
        <section class="card only-scripted">
            <h3>"Presence"</h3>
            <p class="muted">"What others see of you. Invisible looks like offline."</p>
            <div class="row-list">
                <PresenceChoices />
            </div>
        </section>
        <section class="card">
            <h3>"Theme"</h3>
            <ThemeForm chosen=settings.theme />
        </section>
        <section class="card">
            <h3>"Where you are signed in"</h3>
            <SessionList sessions=settings.sessions />
        </section>
    }
}
