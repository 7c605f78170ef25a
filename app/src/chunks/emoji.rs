//! The chunk of emoji: the picker, for texts and for reactions. What is known of each emoji is a file that is fetched
//! when one is first asked for (`emoji/data.rs`), by the picker or by a `:` in a box (`compose/completion.rs`).

pub(in crate::chunks) mod data;
mod grid;
mod picker;
pub(in crate::chunks) mod search;

use crate::{client::ChatClient, ui::chunk};
use leptos::prelude::Callback;

/// An emoji that somebody takes.
#[derive(Clone)]
pub struct Taken {
    pub emoji: String,
    /// With Shift, the picker stays for the next one.
    pub stays: bool,
}

/// A picker, beside the button that opens it.
#[derive(Clone, Copy)]
pub struct EmojiPicker {
    pub client: ChatClient,
    pub label: &'static str,
    /// The selector of the button.
    pub button: &'static str,
    pub take: Callback<Taken>,
    /// Called by Escape, and by a press elsewhere: whether the focus was in the picker.
    pub close: Callback<bool>,
}

chunk!(EMOJI: EmojiPicker = emoji, picker::picker);
