//! The dialogs of a conversation: name and description, delete, link previews. What is in them comes in a chunk.

use super::panels::PanelState;
use crate::{
    chunks::{CONVERSATION, ConversationPart},
    ui::Dialog,
};
use leptos::prelude::*;
use model::ConversationId;

#[component]
pub fn DetailDialogs(id: ConversationId) -> impl IntoView {
    let panels = expect_context::<PanelState>();
    any_view! {
        <Dialog open=panels.details title="Name and description">
            {CONVERSATION.view(ConversationPart::Rename(id, panels.details))}
        </Dialog>
        <Dialog open=panels.delete title="Delete this conversation?">
            {CONVERSATION.view(ConversationPart::Delete(id, panels.delete))}
        </Dialog>
        <Dialog open=panels.previews title="Link previews">
            {CONVERSATION.view(ConversationPart::LinkPreviews(id))}
        </Dialog>
    }
}
