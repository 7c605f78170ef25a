//! The chunk of the open conversation: its members, its dialogs, and those of a message.

mod about;
mod detail_forms;
mod kept_words;
mod member_pages;
mod members;
mod message_forms;
mod message_items;
mod message_menu;
mod message_touch;

use crate::{
    erased_signal::ErasedSignal,
    ui::{adopt_style, chunk},
};
use leptos::prelude::AnyView;
use model::{ConversationId, MessageId};

/// What this chunk shows. A dialog closes itself by its signal.
#[derive(Clone, Copy)]
pub enum ConversationPart {
    Members(ConversationId),
    Rename(ConversationId, ErasedSignal<bool>),
    Leave(ConversationId, ErasedSignal<bool>),
    Delete(ConversationId, ErasedSignal<bool>),
    /// Whether links are previewed, where no panel of members says so.
    LinkPreviews(ConversationId),
    DeleteMessage,
    MessageHistory,
    /// The menu of a message, beside its button.
    MessageMenu(MessageId),
    /// The same in a dialog.
    MessageSheet,
    /// Long press and swipe on the messages of a screen for fingers.
    MessageTouch,
    /// What was written for a conversation that is lost.
    KeptWords(ConversationId),
}

chunk!(CONVERSATION: ConversationPart = conversation, show);

fn show(part: ConversationPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/choices.css"));
    adopt_style(include_str!("../../../style/chunks/conversation.css"));
    match part {
        ConversationPart::Members(id) => members::member_list(id),
        ConversationPart::Rename(id, open) => detail_forms::rename_form(id, open),
        ConversationPart::Leave(id, open) => detail_forms::leave_question(id, open),
        ConversationPart::Delete(id, open) => detail_forms::delete_question(id, open),
        ConversationPart::LinkPreviews(id) => about::previews(id),
        ConversationPart::DeleteMessage => message_forms::delete_question(),
        ConversationPart::MessageHistory => message_forms::history(),
        ConversationPart::MessageMenu(id) => message_menu::message_menu(id),
        ConversationPart::MessageSheet => message_menu::message_sheet(),
        ConversationPart::MessageTouch => message_touch::message_touch(),
        ConversationPart::KeptWords(id) => kept_words::kept_words(id),
    }
}
