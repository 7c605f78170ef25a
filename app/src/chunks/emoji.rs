//! The chunk of emoji: the picker, for texts and for reactions. What is known of each emoji is a file that is fetched
//! when one is first asked for (`emoji/data.rs`), by the picker or by a `:` in a box (`compose/completion.rs`).

pub(in crate::chunks) mod data;
mod grid;
mod picker;
pub(in crate::chunks) mod search;

pub use picker::{EmojiPicker, Taken};

use crate::ui::{adopt_style, chunk};
use leptos::prelude::AnyView;

chunk!(EMOJI: EmojiPicker = emoji, show);

fn show(picker: EmojiPicker) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/emoji.css"));
    picker::picker(picker)
}
