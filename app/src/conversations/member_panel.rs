//! The panel of members. What is in it comes in a chunk.

use super::{panels::PanelState, thread_panel::panel};
use crate::{
    chunks::{CONVERSATION, ConversationPart},
    ui::focus_first,
};
use leptos::prelude::*;
use model::ConversationId;

pub fn member_panel(id: ConversationId) -> AnyView {
    let panels = expect_context::<PanelState>();
    let close = move || {
        panels.members.set(false);
        focus_first("button[aria-label=Members]");
    };
    panel(
        "Members",
        ().into_any(),
        "members",
        close,
        CONVERSATION.view(ConversationPart::Members(id)),
    )
}
