//! What people point with.

use leptos::prelude::window;

/// Whether the main input is a mouse or the like, as on machines with a keyboard. Some phones say that
/// their fingers hover.
pub fn has_pointer() -> bool {
    window()
        .match_media("(hover: hover) and (pointer: fine)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}
