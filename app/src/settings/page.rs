//! The layout of the settings page: two parts that only the server renders, and between them the user's
//! presence, which the store has.

use super::{forms, parts::SettingsParts};
use crate::{
    chunks::cut_pictures,
    client::use_client,
    erased_signal::effect,
    presence::PresenceChoices,
    title::set_title,
    ui::{Icon, icon, on, use_zone},
};
use leptos::prelude::*;

/// The parts as HTML.
fn to_html(parts: SettingsParts) -> [String; 2] {
    match parts {
        #[cfg(feature = "ssr")]
        SettingsParts::Data(settings) => super::sections::render(*settings),
        SettingsParts::Rendered(parts) => parts,
    }
}

pub fn settings_page(parts: SettingsParts) -> AnyView {
    set_title(|| "Settings".to_owned());
    effect(forms::show_local_times);
    let client = use_client();
    effect(move || cut_pictures(client));
    let [above, below] = to_html(parts).map(part);
    any_view! {
        <section class="pane" aria-labelledby="settings-title">
            <header class="pane-header">
                <a class="icon-button only-narrow" href="/" aria-label="Back to conversations">
                    {icon(Icon::Back)}
                </a>
                <h2 id="settings-title" class="grow">"Settings"</h2>
            </header>
            <div class="pane-body">
                <div class="sheet">
                    {above}
                    <section class="card only-scripted">
                        <h3>"Presence"</h3>
                        <p class="muted">"What others see of you. Invisible looks like offline."</p>
                        <div class="row-list">
                            <PresenceChoices />
                        </div>
                    </section>
                    {below}
                </div>
            </div>
        </section>
    }
}

fn part(html: String) -> AnyView {
    let zone = use_zone();
    any_view! {
        <div
            class=forms::PART
            on:submit=on::submit(|event| forms::on_submit(&event))
            on:change=on::input(move |event| {
                forms::on_change(&event);
                // The clock may be another one now.
                zone.read();
                forms::show_local_times();
            })
            inner_html=html
        ></div>
    }
}
