//! A page of plain forms, from which one goes back to the settings.

use super::{Icon, icon};
use leptos::prelude::*;

/// `beside` stands at the end of the header.
pub fn form_pane(title: &'static str, beside: AnyView, content: AnyView) -> AnyView {
    any_view! {
        <main class="pane">
            <h1 class="sr-only">"Parlance"</h1>
            <header class="pane-header">
                <a class="icon-button" href="/settings" aria-label="Back to settings">
                    {icon(Icon::Back)}
                </a>
                <h2 class="grow">{title}</h2>
                {beside}
            </header>
            <div class="pane-body">
                <div class="sheet">{content}</div>
            </div>
        </main>
    }
}
