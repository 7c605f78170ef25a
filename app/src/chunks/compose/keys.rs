//! The keys of a box. What none of these takes is the box's own, such as Enter that sends.

use super::{
    action::{Action, is_command},
    lines,
    selection::Edit,
    writing_box::WritingBox,
};
use crate::{
    messages::is_send_key,
    ui::{has_modifier, letter},
};
use leptos::ev;
use std::cell::Cell;

thread_local! {
    /// Whether the last key was Escape: Tab then leaves the box from wherever it is.
    static HAS_ESCAPED: Cell<bool> = const { Cell::new(false) };
    /// Whether the last key was that of pasting without formats.
    static PASTES_PLAIN: Cell<bool> = const { Cell::new(false) };
}

pub fn pastes_plain() -> bool {
    PASTES_PLAIN.get()
}

/// The change that a key makes. `None` if it is a key of the box or of the browser.
pub fn edit_of_key(event: &ev::KeyboardEvent, written: &WritingBox) -> Option<Edit> {
    let key = event.key();
    let has_escaped = HAS_ESCAPED.replace(key == "Escape" || HAS_ESCAPED.get() && key == "Shift");
    PASTES_PLAIN.set(is_command(event) && event.shift_key() && letter(event) == Some('v'));
    if let Some(action) = Action::of_key(event) {
        return Some(action.edit(written.selection()));
    }
    match &*key {
        "Tab" if !(has_escaped || event.alt_key() || event.ctrl_key() || event.meta_key()) => {
            lines::indent(&written.selection(), event.shift_key())
        }
        "Enter" if event.alt_key() || event.ctrl_key() || event.meta_key() => None,
        "Enter" => {
            let selection = written.selection();
            let sends = is_send_key(event) && !lines::is_in_code(&selection);
            if sends {
                None
            } else {
                lines::new_line(&selection)
            }
        }
        _ => None,
    }
}

/// Whether a key sends what is written: not in code, where Enter alone is a new line.
pub fn sends(event: &ev::KeyboardEvent, written: &WritingBox) -> bool {
    is_send_key(event) && (has_modifier(event) || !lines::is_in_code(&written.selection()))
}
