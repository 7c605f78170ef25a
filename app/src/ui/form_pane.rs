//! A page of plain forms, from which one goes back to the settings.

use super::{Icon, icon};
use leptos::prelude::*;

/// The same for somebody who has nowhere else to go before the form is sent.
pub fn lone_form_pane(title: &'static str, beside: AnyView, content: AnyView) -> AnyView {
    pane(().into_any(), title, beside, content)
}

/// `beside` stands at the end of the header.
pub fn form_pane(title: &'static str, beside: AnyView, content: AnyView) -> AnyView {
    let back = any_view! {
        <a class="icon-button" href="/settings" aria-label="Back to settings">
            {icon(Icon::Back)}
        </a>
    };
    pane(back, title, beside, content)
}

fn pane(back: AnyView, title: &'static str, beside: AnyView, content: AnyView) -> AnyView {
    any_view! {
        <main class="pane">
            <h1 class="sr-only">"Parlance"</h1>
            <header class="pane-header">
                {back}
                <h2 class="grow">{title}</h2>
                {beside}
            </header>
            <div class="pane-body">
                <div class="sheet">{content}</div>
            </div>
        </main>
    }
}
