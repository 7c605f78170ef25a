//! The layout of the pages of administrators.

use super::paths::{AUDIT_PATH, BOTS_PATH, INVITES_PATH, PEOPLE_PATH};
use crate::ui::form_pane;
use leptos::prelude::*;

pub fn administration_page(title: &'static str, content: AnyView) -> AnyView {
    let others = any_view! {
        <nav aria-label="Administration">
            <a class="button button-quiet" href=PEOPLE_PATH>"People"</a>
            <a class="button button-quiet" href=INVITES_PATH>"Invitations"</a>
            <a class="button button-quiet" href=BOTS_PATH>"Bots"</a>
            <a class="button button-quiet" href=AUDIT_PATH>"Audit log"</a>
        </nav>
    };
    form_pane(title, others, content)
}
