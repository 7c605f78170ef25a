//! The messages of the open conversation: timeline, composer, actions, dialogs.

mod actions;
mod bubble;
mod composer;
mod conversation_view;
mod dialogs;
mod edit_form;
mod names;
mod outgoing;
mod reaction_counts;
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
pub use reaction_counts::{most_used, record_use};
pub use scroller::SCROLLER_ID;
pub use timeline::Timeline;
