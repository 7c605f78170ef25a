//! The list of keyboard shortcuts.

use leptos::prelude::*;

pub fn shortcut_list() -> AnyView {
    view! {
        <dl class="keys">
            <div><dt>"Previous or next conversation"</dt><dd><kbd>"Alt + ↑ / ↓"</kbd></dd></div>
            <div><dt>"Go to a conversation, a person or a command"</dt><dd><kbd>"Ctrl + K"</kbd></dd></div>
            <div><dt>"Search messages"</dt><dd><kbd>"Ctrl + Shift + F"</kbd>" or "<kbd>"/"</kbd></dd></div>
            <div><dt>"Profile of the sender of the focused message"</dt><dd><kbd>"P"</kbd></dd></div>
            <div><dt>"Move through conversations or messages"</dt><dd><kbd>"↑ / ↓"</kbd></dd></div>
            <div><dt>"Send the message"</dt><dd><kbd>"Enter"</kbd></dd></div>
            <div><dt>"New line"</dt><dd><kbd>"Shift + Enter"</kbd></dd></div>
            <div><dt>"Name a person, a conversation, an emoji or a command"</dt><dd><kbd>"@ # : /"</kbd></dd></div>
            <div><dt>"Bold, italic"</dt><dd><kbd>"Ctrl + B"</kbd>", "<kbd>"Ctrl + I"</kbd></dd></div>
            <div><dt>"Strikethrough, code, link"</dt><dd><kbd>"Ctrl + Shift + X / C / U"</kbd></dd></div>
            <div><dt>"Numbered list, list, quote"</dt><dd><kbd>"Ctrl + Shift + 7 / 8 / 9"</kbd></dd></div>
            <div><dt>"Paste without formats"</dt><dd><kbd>"Ctrl + Shift + V"</kbd></dd></div>
            <div><dt>"Leave a list or code by Tab"</dt><dd><kbd>"Esc, then Tab"</kbd></dd></div>
            <div><dt>"Edit your last message"</dt><dd><kbd>"↑ in an empty composer"</kbd></dd></div>
            <div><dt>"Reply to the focused message"</dt><dd><kbd>"R"</kbd></dd></div>
            <div><dt>"Edit the focused message"</dt><dd><kbd>"E"</kbd></dd></div>
            <div><dt>"Cancel or close"</dt><dd><kbd>"Esc"</kbd></dd></div>
            <div><dt>"Show this list"</dt><dd><kbd>"?"</kbd></dd></div>
        </dl>
    }
    .into_any()
}
