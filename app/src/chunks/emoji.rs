//! The chunk of emoji: the picker, for texts and for reactions. What is known of each emoji is a file that is fetched
//! when one is first asked for (`emoji/data.rs`), by the picker or by a `:` in a box (`compose/completion.rs`).

pub(in crate::chunks) mod data;
mod grid;
mod picker;
pub(in crate::chunks) mod search;

pub use picker::{EmojiPicker, Taken};

use crate::ui::chunk;

chunk!(EMOJI: EmojiPicker = emoji, picker::picker);
