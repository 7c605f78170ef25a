//! The panel of members. What is in it comes in a chunk.

use super::panels::PanelState;
use crate::{
    chunks::{CONVERSATION, ConversationPart},
    ui::{Icon, icon, on},
};
use leptos::prelude::*;
use model::ConversationId;

pub fn member_panel(id: ConversationId) -> AnyView {
    let panels = expect_context::<PanelState>();
    any_view! {
        <aside class="members" aria-label="Members">
            <header class="pane-header">
                <h2 class="grow">"Members"</h2>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Close the list of members"
                    on:click=on::click(move |_| panels.members.set(false))
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            <div class="pane-body">{CONVERSATION.view(ConversationPart::Members(id))}</div>
        </aside>
    }
}
