//! The kinds of messages as the column `messages.kind` spells them.

use model::MessageKind;

pub(crate) fn kind_text(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Image => "image",
        MessageKind::File => "file",
        MessageKind::Audio => "audio",
        MessageKind::Video => "video",
        MessageKind::System => "system",
    }
}

/// The kind that the column holds; `Text` for a value that this version does not know.
pub(crate) fn parse_kind(text: &str) -> MessageKind {
    match text {
        "image" => MessageKind::Image,
        "file" => MessageKind::File,
        "audio" => MessageKind::Audio,
        "video" => MessageKind::Video,
        "system" => MessageKind::System,
        _ => MessageKind::Text,
    }
}
