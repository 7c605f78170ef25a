//! The search panel and the dialogs of finding. What is in them comes in a chunk.

use super::state::{Finding, use_finding};
use crate::{
    chunks::{FINDING, FindingPart},
    erased_signal::{effect, memo},
    ui::{Dialog, Icon, dynamic_attr, focus_first, icon, on, once_built, show_if},
};
use leptos::prelude::*;

/// The search panel, beside the open conversation or over it.
pub fn search_panel() -> AnyView {
    let finding = use_finding();
    let is_open = memo(move || finding.search.get());
    show_if(move || is_open.get().then(|| panel(finding)))
}

fn panel(finding: Finding) -> AnyView {
    let class = dynamic_attr(move || {
        if finding.search_away.get() {
            "search-panel search-away"
        } else {
            "search-panel"
        }
    });
    effect(|| once_built(|| focus_first(".search-panel input,.search-panel button")));
    any_view! {
        <aside class=class aria-label="Search" on:keydown=on::key(move |event| {
            if event.key() == "Escape" && !event.default_prevented() {
                event.prevent_default();
                finding.close_search();
            }
        })>
            <header class="pane-header">
                <h2 class="grow">"Search"</h2>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Close the search"
                    on:click=on::click(move |_| finding.close_search())
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            {FINDING.view(FindingPart::Search)}
        </aside>
    }
}

/// The dialogs of finding.
pub fn finding_dialogs() -> AnyView {
    let finding = use_finding();
    any_view! {
        <Dialog open=finding.palette title="Go to">
            {FINDING.view(FindingPart::Palette)}
        </Dialog>
        <Dialog open=finding.channels title="Channels">
            {FINDING.view(FindingPart::Channels)}
        </Dialog>
        <Dialog open=finding.people title="People">
            {FINDING.view(FindingPart::People)}
        </Dialog>
        <Dialog open=finding.card title="Profile">
            {FINDING.view(FindingPart::Card)}
        </Dialog>
    }
}
