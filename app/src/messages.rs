//! The messages of the open conversation: timeline, composer, actions, dialogs.

mod actions;
mod bubble;
mod composer;
mod conversation_view;
mod dialogs;
mod edit_form;
mod names;
mod outgoing;
mod reactions;
mod reading;
mod row;
mod scroll;
mod scroller;
mod send_form;
mod text;
mod text_box;
mod timeline;

pub use composer::Composer;
pub use conversation_view::{ConversationView, use_conversation_view};
pub use dialogs::MessageDialogs;
pub use timeline::Timeline;
