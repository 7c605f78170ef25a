//! The parts of the settings page as HTML.

use super::{data::Settings, profile::ProfileForm, sessions::SessionList, theme::ThemeForm};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// What is above the user's presence, and what is below it.
pub fn render(settings: Settings) -> [String; 2] {
    let above = any_view! {
        <section class="card">
            <h3>"Profile"</h3>
            <ProfileForm account=settings.account shares_email=settings.shares_email />
        </section>
    };
    let below = any_view! {
        <section class="card">
            <a href="/settings/groups">"Groups"</a>
        </section>
        <section class="card">
            <h3>"Theme"</h3>
            <ThemeForm chosen=settings.theme />
        </section>
        <section class="card">
            <h3>"Where you are signed in"</h3>
            <SessionList sessions=settings.sessions />
        </section>
    };
    [above.to_html(), below.to_html()]
}
