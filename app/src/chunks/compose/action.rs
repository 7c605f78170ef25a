//! What is done to the text of a box, by a key or by a button of the bar.

use super::{
    lines::{self, Block},
    marks::{self, Mark},
    selection::{Edit, Selection},
};
use crate::ui::{is_apple, letter};
use leptos::ev;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Mark(Mark),
    Link,
    Block(Block),
}

impl Action {
    /// In the order of the bar.
    pub const ALL: [Self; 8] = [
        Self::Mark(Mark::Bold),
        Self::Mark(Mark::Italic),
        Self::Mark(Mark::Strikethrough),
        Self::Mark(Mark::Code),
        Self::Link,
        Self::Block(Block::List),
        Self::Block(Block::NumberedList),
        Self::Block(Block::Quote),
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Mark(Mark::Bold) => "Bold",
            Self::Mark(Mark::Italic) => "Italic",
            Self::Mark(Mark::Strikethrough) => "Strikethrough",
            Self::Mark(Mark::Code) => "Code",
            Self::Link => "Link",
            Self::Block(Block::List) => "Bulleted list",
            Self::Block(Block::NumberedList) => "Numbered list",
            Self::Block(Block::Quote) => "Quote",
        }
    }

    /// Its icon (`ui/icon.rs`).
    pub const fn path(self) -> &'static str {
        match self {
            Self::Mark(Mark::Bold) => "M8 5h5a3.500 3.500 0 010 7H8zM8 12h6a3.500 3.500 0 010 7H8z",
            Self::Mark(Mark::Italic) => "M11 5h7M6 19h7M14.500 5l-5 14",
            Self::Mark(Mark::Strikethrough) => {
                "M4 12h16M16.500 8c-.5-2-2.200-3-4.500-3-2.600 0-4.500 1.300-4.500 3.500M7.500 15.500c.5 2.300 2.300 3.500 4.700 3.500 2.800 0 4.800-1.400 4.800-3.700"
            }
            Self::Mark(Mark::Code) => "M9 7l-5 5 5 5M15 7l5 5-5 5",
            Self::Link => {
                "M10 14a4 4 0 006 0l3-3a4 4 0 00-6-6l-1 1M14 10a4 4 0 00-6 0l-3 3a4 4 0 006 6l1-1"
            }
            Self::Block(Block::List) => {
                "M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01"
            }
            Self::Block(Block::NumberedList) => {
                "M10 6h10M10 12h10M10 18h10M4 4.500L5.500 4v5M4 14.500c.3-.6.8-.8 1.300-.8.9 0 1.400.6 1.200 1.300-.3 1-2.500 2.500-2.500 4h2.700"
            }
            Self::Block(Block::Quote) => "M5 5v14M9.500 8H20M9.500 12H20M9.500 16h6",
        }
    }

    /// The letter or the digit of its key, and whether with Shift.
    const fn key(self) -> (char, bool) {
        match self {
            Self::Mark(Mark::Bold) => ('B', false),
            Self::Mark(Mark::Italic) => ('I', false),
            Self::Mark(Mark::Strikethrough) => ('X', true),
            Self::Mark(Mark::Code) => ('C', true),
            Self::Link => ('U', true),
            Self::Block(Block::NumberedList) => ('7', true),
            Self::Block(Block::List) => ('8', true),
            Self::Block(Block::Quote) => ('9', true),
        }
    }

    /// The keys as people read them.
    pub fn keys(self) -> String {
        let (key, shift) = self.key();
        match (is_apple(), shift) {
            (true, false) => format!("⌘{key}"),
            (true, true) => format!("⇧⌘{key}"),
            (false, false) => format!("Ctrl+{key}"),
            (false, true) => format!("Ctrl+Shift+{key}"),
        }
    }

    /// The keys as the attribute `aria-keyshortcuts` has them.
    pub fn aria_keys(self) -> String {
        let (key, shift) = self.key();
        let command = if is_apple() { "Meta" } else { "Control" };
        let shift = if shift { "Shift+" } else { "" };
        format!("{command}+{shift}{key}")
    }

    /// The action of a key.
    pub fn of_key(event: &ev::KeyboardEvent) -> Option<Self> {
        let is_command = is_command(event) && !event.alt_key();
        if !is_command {
            return None;
        }
        // The digit that the key has without Shift, or else the letter, of any layout.
        let code = event.code();
        let digit = code.strip_prefix("Digit").and_then(|it| it.chars().next());
        let typed = digit.or_else(|| letter(event))?.to_ascii_uppercase();
        let mut actions = Self::ALL.into_iter();
        actions.find(|action| action.key() == (typed, event.shift_key()))
    }

    pub fn edit(self, selection: Selection) -> Edit {
        let selection = selection.snapped();
        match self {
            Self::Mark(mark) => marks::toggle(&selection, mark),
            Self::Link => marks::link(&selection),
            Self::Block(block) => lines::toggle(&selection, block),
        }
    }
}

/// Whether the key for commands is held: Cmd on Apple's systems, where Ctrl moves the caret, and else Ctrl.
pub fn is_command(event: &ev::KeyboardEvent) -> bool {
    let (command, other) = (event.meta_key(), event.ctrl_key());
    if is_apple() {
        command && !other
    } else {
        other && !command
    }
}
