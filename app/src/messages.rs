//! The messages of the open conversation: timeline, composer, actions, dialogs.

mod bubble;
mod composer;
mod conversation_view;
mod dialogs;
mod forwarded;
mod names;
mod outgoing;
mod reaction_counts;
mod reactions;
mod reading;
mod refused_message;
mod row;
mod scroll;
mod scroller;
mod send_form;
mod text;
mod text_box;
mod thread_link;
mod timeline;
mod touch;

pub use bubble::quote;
pub use composer::Composer;
pub use conversation_view::{ConversationView, use_conversation_view};
pub use dialogs::MessageDialogs;
pub use names::{byline, face, own_sender};
pub use reaction_counts::{most_used, record_use};
pub use reactions::reactions;
pub use refused_message::RefusedMessage;
pub use row::Row;
pub use scroller::{SCROLLER_ID, THREAD_SCROLLER_ID};
pub use text_box::{grow, is_send_key, text_box, text_to_send};
pub use timeline::{Timeline, on_key as on_timeline_key, typing_line};
pub use touch::reply_sheet;
