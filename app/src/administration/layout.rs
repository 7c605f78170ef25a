//! The layout of the pages of administrators.

use super::paths::{INVITES_PATH, PEOPLE_PATH};
use crate::ui::{Icon, icon};
use leptos::prelude::*;

pub fn administration_page(title: &'static str, content: AnyView) -> AnyView {
    any_view! {
        <main class="pane">
            <h1 class="sr-only">"Parlance"</h1>
            <header class="pane-header">
                <a class="icon-button" href="/settings" aria-label="Back to settings">
                    {icon(Icon::Back)}
                </a>
                <h2 class="grow">{title}</h2>
                <nav aria-label="Administration">
                    <a class="button button-quiet" href=PEOPLE_PATH>"People"</a>
                    <a class="button button-quiet" href=INVITES_PATH>"Invitations"</a>
                </nav>
            </header>
            <div class="pane-body">
                <div class="sheet">{content}</div>
            </div>
        </main>
    }
}
