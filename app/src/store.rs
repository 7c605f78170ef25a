//! The browser's store: what the page knows, as one plain value. Events and pages change it,
//! components read it. It uses no clock, no browser API and no signal, so that native tests run it.

mod apply;
mod catching_up;
mod changes;
mod chat_store;
mod connection_status;
mod conversation;
mod initial_state;
mod lane;
mod map;
mod members;
mod missed;
mod open_thread;
mod outbox;
mod personal;
mod pins;
mod profiles;
mod receipts;
mod rows;
mod threads;
mod timeline;
mod unread_line;
mod window;

pub use changes::{Changes, Key};
pub use chat_store::ChatStore;
pub use connection_status::ConnectionStatus;
pub use initial_state::{InitialState, OpenConversation};
pub use map::Map;
pub use missed::Missed;
pub use outbox::{Outbox, Outgoing, OutgoingState};
pub use personal::{DraftPlace, PersonalFields, PersonalPage, PersonalStore, is_removed};
pub use receipts::DeliveryStatus;
pub use rows::{Entry, MessageRow, RowKey};
pub use timeline::{Stretch, Timeline};
pub use unread_line::{UnreadLine, first_unread_beyond_newest_page};
pub use window::{MAX_ROWS, MIN_ROWS, Place, Window};
