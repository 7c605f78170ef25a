//! The kinds of conversations as the column `conversations.kind` spells them, and which have a description.

use crate::{Error, Result};
use model::ConversationKind;

/// # Errors
/// `Invalid` for a description of a direct conversation.
pub fn check_description(kind: ConversationKind, description: Option<&str>) -> Result<()> {
    if kind == ConversationKind::Direct && description.is_some_and(|it| !it.is_empty()) {
        return Err(Error::invalid("description", "is for groups and channels"));
    }
    Ok(())
}

pub(crate) fn kind_text(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct => "direct",
        ConversationKind::Group => "group",
        ConversationKind::Channel => "channel",
        ConversationKind::Announcements => "announcements",
    }
}

/// The kind that the column holds; `Group` for a value that this version does not know.
pub(crate) fn parse_kind(text: &str) -> ConversationKind {
    match text {
        "direct" => ConversationKind::Direct,
        "channel" => ConversationKind::Channel,
        "announcements" => ConversationKind::Announcements,
        _ => ConversationKind::Group,
    }
}
