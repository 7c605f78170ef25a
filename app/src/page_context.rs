//! What the components of a page take from the context, beside client and router.

use crate::erased_signal::ErasedSignal;
use model::{ConversationId, Problem};

/// What the server knew when it rendered the page, beside the store.
#[derive(Clone)]
pub struct PageContext {
    /// The conversation of the first route and why it could not be read. The page that shows it takes
    /// it out.
    pub open_error: ErasedSignal<Option<(ConversationId, Problem)>>,
    /// Why the form of the page was rejected.
    pub form_error: Option<Problem>,
}

/// Whether the dialogs are open that several components open.
#[derive(Clone, Copy)]
pub struct DialogState {
    pub new_conversation: ErasedSignal<bool>,
    pub shortcuts: ErasedSignal<bool>,
}
