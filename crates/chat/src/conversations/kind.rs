//! The kinds of conversations as the column `conversations.kind` spells them.

use model::ConversationKind;

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
