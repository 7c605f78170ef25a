//! The panel of members, which takes the focus and gives it back. What is in it comes in a chunk.

use super::panels::PanelState;
use crate::{
    chunks::{CONVERSATION, ConversationPart},
    erased_signal::effect,
    ui::{Icon, focus_first, icon, on},
};
use leptos::prelude::*;
use model::ConversationId;

pub fn member_panel(id: ConversationId) -> AnyView {
    let panels = expect_context::<PanelState>();
    effect(|| request_animation_frame(|| focus_first(".members button")));
    let close = move |_| {
        panels.members.set(false);
        focus_first("button[aria-label=Members]");
    };
    any_view! {
        <aside class="members" aria-label="Members">
            <header class="pane-header">
                <h2 class="grow">"Members"</h2>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Close the list of members"
                    on:click=on::click(close)
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            <div class="pane-body">{CONVERSATION.view(ConversationPart::Members(id))}</div>
        </aside>
    }
}
