//! The panel of members. What is in it comes in a chunk.

use super::panels::PanelState;
use crate::{
    chunks::{CONVERSATION, ConversationPart},
    ui::{dynamic_attr, focus_first, panel},
};
use leptos::prelude::*;
use model::ConversationId;
use std::sync::Arc;

pub fn member_panel(id: ConversationId) -> AnyView {
    let panels = expect_context::<PanelState>();
    let close = move || {
        panels.members.set(false);
        focus_first("button[aria-label=Members]");
    };
    panel(
        "Members",
        ().into_any(),
        dynamic_attr(|| "members"),
        "aside.members button",
        Box::new(|| true),
        Arc::new(close),
        CONVERSATION.view(ConversationPart::Members(id)),
    )
}
