//! What the components of a page take from the context, beside client and router.

use crate::erased_signal::ErasedSignal;
use model::{ConversationId, Message, MessageId, Problem};

/// What the server knew when it rendered the page, beside the store.
#[derive(Clone)]
pub struct PageContext {
    /// The conversation of the first route and why it could not be read. The page that shows it takes
    /// it out.
    pub open_error: ErasedSignal<Option<(ConversationId, Problem)>>,
    /// What is shown of a conversation that is opened next. Its page takes it out.
    pub target: ErasedSignal<Option<(ConversationId, Target)>>,
    /// Why the form of the page was rejected.
    pub form_error: Option<Problem>,
}

/// What is shown of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A message of the main line, with its position.
    Message(MessageId, i64),
    /// The thread with this root.
    Thread(MessageId),
}

impl Target {
    /// Where a message is: in the main line, or in a thread only.
    pub fn of(message: &Message) -> Self {
        match message.thread_id {
            Some(root) if !message.also_to_conversation => Self::Thread(root),
            _ => Self::Message(message.id, message.position),
        }
    }
}

/// Whether the dialogs are open that several components open.
#[derive(Clone, Copy)]
pub struct DialogState {
    pub new_conversation: ErasedSignal<bool>,
    pub shortcuts: ErasedSignal<bool>,
}
