//! The layout of the settings page.

use super::{data::Settings, profile::ProfileForm, sessions::SessionList, theme::ThemeForm};
use crate::{
    presence::PresenceChoices,
    title::set_title,
    ui::{Icon, icon},
};
use leptos::prelude::*;

pub fn settings_page(settings: Settings) -> AnyView {
    set_title(|| "Settings".to_owned());
    any_view! {
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
    any_view! {
        <section class="card">
            <h3>"Profile"</h3>
            <ProfileForm account=settings.account shares_email=settings.shares_email />
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
