//! A text that begins with a slash: a command of the box, or text.

use std::cell::Cell;

/// What is written, as it is sent. White space at its ends does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written<'a> {
    Text(&'a str),
    Command(Command<'a>),
}

/// `/name arguments`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// Without the slash. There may be no command of this name.
    pub name: &'a str,
    pub arguments: &'a str,
}

thread_local! {
    static ARE_READ: Cell<bool> = const { Cell::new(false) };
}

/// From now on, `chunks/compose/commands.rs` takes the commands out of the boxes before these send: what they send is
/// text.
pub fn read_commands() {
    ARE_READ.set(true);
}

/// Whether a command that is still in its box is to be sent as text.
pub fn commands_are_read() -> bool {
    ARE_READ.get()
}

/// Reads a text. A second slash makes text of what would be a command without it: `//away` is `/away`.
pub fn read_written(text: &str) -> Written<'_> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix('/') else {
        return Written::Text(text);
    };
    if let Some(command) = command(rest) {
        return Written::Command(command);
    }
    let is_escaped = rest
        .strip_prefix('/')
        .is_some_and(|it| command(it).is_some());
    Written::Text(if is_escaped { rest } else { text })
}

/// What follows a slash is a command if it begins with a letter. Another slash in the first word makes it a path:
/// `/usr/bin`.
fn command(rest: &str) -> Option<Command<'_>> {
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (name, arguments) = rest.split_at(end);
    let is_letter = |c: char| c.is_ascii_alphabetic() || !c.is_ascii();
    (name.starts_with(is_letter) && !name.contains('/')).then(|| Command {
        name,
        arguments: arguments.trim_start(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Command, Written, read_written};

    #[test]
    fn a_slash_and_a_word_are_a_command() {
        for (text, name, arguments) in [
            ("/away", "away", ""),
            (" /away \n", "away", ""),
            ("/me  waves a lot ", "me", "waves a lot"),
            ("/me\nwaves", "me", "waves"),
            ("/Leave.", "Leave.", ""),
            ("/shrug a/b", "shrug", "a/b"),
            ("/größe 1", "größe", "1"),
            ("/日本", "日本", ""),
        ] {
            let command = Command { name, arguments };
            assert_eq!(read_written(text), Written::Command(command), "{text}");
        }
    }

    #[test]
    fn anything_else_is_text() {
        for (text, sent) in [
            ("away", "away"),
            ("a /away", "a /away"),
            ("/", "/"),
            ("/ away", "/ away"),
            ("/usr/bin", "/usr/bin"),
            ("/usr/bin/env bash", "/usr/bin/env bash"),
            ("/5", "/5"),
            ("/**bold**", "/**bold**"),
            ("/(", "/("),
            ("//away", "/away"),
            ("  //me waves", "/me waves"),
            ("// a comment", "// a comment"),
            ("//host/share", "//host/share"),
            ("///away", "///away"),
            ("", ""),
        ] {
            assert_eq!(read_written(text), Written::Text(sent), "{text}");
        }
    }
}
