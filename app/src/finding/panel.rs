//! The search panel and the dialogs of finding. What is in them comes in a chunk.

use super::state::{Finding, use_finding};
use crate::{
    chunks::{FINDING, FindingPart},
    erased_signal::memo,
    ui::{Dialog, dynamic_attr, panel, show_if},
};
use leptos::prelude::*;
use std::sync::Arc;

/// The search panel, beside the open conversation or over it.
pub fn search_panel() -> AnyView {
    let finding = use_finding();
    let is_open = memo(move || finding.search.get());
    show_if(move || is_open.get().then(|| shown_panel(finding)))
}

fn shown_panel(finding: Finding) -> AnyView {
    let class = dynamic_attr(move || {
        if finding.search_away.get() {
            "search-panel search-away"
        } else {
            "search-panel"
        }
    });
    panel(
        "Search",
        ().into_any(),
        class,
        ".search-panel input,.search-panel:not(:has(input)) button",
        Box::new(move || !finding.search_away.get()),
        Arc::new(move || finding.close_search()),
        FINDING.view_with_field(FindingPart::Search),
    )
}

/// The dialogs of finding.
pub fn finding_dialogs() -> AnyView {
    let finding = use_finding();
    any_view! {
        <Dialog open=finding.palette title="Go to">
            {FINDING.view_with_field(FindingPart::Palette)}
        </Dialog>
        <Dialog open=finding.channels title="Channels">
            {FINDING.view_with_field(FindingPart::Channels)}
        </Dialog>
        <Dialog open=finding.people title="People">
            {FINDING.view_with_field(FindingPart::People)}
        </Dialog>
        <Dialog open=finding.card title="Profile">
            {FINDING.view(FindingPart::Card)}
        </Dialog>
    }
}
