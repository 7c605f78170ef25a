//! Components and view functions that know nothing of chat.

mod avatar;
mod back;
mod chunk;
mod chunk_style;
#[cfg(feature = "ssr")]
mod code_field;
mod copy;
mod dialog;
mod erased_view;
mod error_panel;
mod field;
mod focus;
#[cfg(feature = "ssr")]
mod form_pane;
mod icon;
mod keys;
mod local_time;
mod menu;
pub mod on;
mod on_window;
#[cfg(feature = "ssr")]
mod other_problem_note;
mod own_root;
mod panel;
mod pointer;
mod popup_menu;
mod reader_format;
mod size;
mod text_actions;
mod words;

pub use avatar::{avatar, avatar_of_size, kind_avatar, name_class};
pub use back::{close_by_back, listen_to_back};
pub(crate) use chunk::chunk;
pub use chunk::{Chunk, ChunkError, Entry, loading_note};
pub use chunk_style::adopt_style;
#[cfg(feature = "ssr")]
pub use code_field::{CodeKind, code_field};
pub use copy::{copy_button, copy_text};
pub use dialog::{Dialog, is_some};
pub use erased_view::{
    dynamic_attr, dynamic_text, dynamic_view, escape_html, keyed_list, optional_attr, show_if,
    text_span,
};
pub use error_panel::{any_problem_note, empty_state, error_panel, problem_note};
#[cfg(feature = "ssr")]
pub use error_panel::{error_page, not_found_page, note};
#[cfg(feature = "ssr")]
pub use field::filled_in_or;
pub use field::{Field, field_value, filled_in, form_action, new_form_key, submitted_form};
pub use focus::{focus_first, once_built};
#[cfg(feature = "ssr")]
pub use form_pane::{form_pane, lone_form_pane};
pub use icon::{Icon, icon, icon_html, svg_html};
pub use keys::{has_modifier, is_apple, is_composing, is_in_input, is_in_text_box, letter};
pub use local_time::{
    LocalTime, TimeFormat, Zone, ago_html, clock_html, clock_text, coming_text, day_name,
    provide_zone, show_local_times_in, use_zone,
};
pub use menu::{Menu, close_menus, close_menus_elsewhere, place_menu, window_size};
pub use on_window::on_window;
#[cfg(feature = "ssr")]
pub use other_problem_note::other_problem_note;
pub use own_root::in_own_root;
pub use panel::panel;
pub use pointer::has_pointer;
pub use popup_menu::{Close, MenuItem, PopupPlace, menu_entries, popup_menu};
pub use reader_format::time_zone_name;
pub use size::size_text;
pub use text_actions::{as_opened, listen_to_texts};
pub use words::{failure_in_words, in_words, note_in_words};
