//! Components that know no chat.

mod avatar;
mod dialog;
mod erased;
mod error_panel;
mod field;
mod icon;
mod local_time;
mod menu;
pub mod on;

pub use avatar::avatar;
pub use dialog::Dialog;
pub use erased::{attr, dynamic, each, maybe, shown, text};
pub use error_panel::{empty_state, error_panel, note, problem_note};
#[cfg(feature = "ssr")]
pub use error_panel::{lone_page, not_found};
pub use field::{Field, escaped, field_value, filled_in, sent_form};
pub use icon::{Icon, icon};
pub use local_time::{LocalTime, Show as ShowTime, day_name, provide_zone, use_zone};
pub use menu::{Menu, close_menus};
