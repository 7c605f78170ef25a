//! A body in one line, for a quote and a list of conversations.

use super::piece::{Document, Piece};
use crate::text::previews::{MAX_READ, shorten};
use pulldown_cmark::Tag;

/// The beginning of the text in one line, without its signs of Markdown, and without what a spoiler hides.
/// `None` where there are none: then it is the body itself. `goes_on`: the body is the beginning of another.
pub fn preview(body: &str, document: &Document, goes_on: bool) -> Option<String> {
    let Document::Marked(pieces) = document else {
        return None;
    };
    Some(shorten(&line(body, pieces, MAX_READ), goes_on))
}

/// All of what `preview` is the beginning of.
pub fn plain_text(body: &str, document: &Document) -> Option<String> {
    let Document::Marked(pieces) = document else {
        return None;
    };
    Some(line(body, pieces, usize::MAX))
}

/// A text in one line, in at most so many characters.
pub fn one_line(text: &str, max: usize) -> String {
    let mut line = Line::of(max);
    line.push(text);
    line.text
}

fn line(body: &str, pieces: &[Piece], max: usize) -> String {
    let mut line = Line::of(max);
    // The numbers of the lists that are open, if they have any; of other elements, nothing.
    let mut open: Vec<Option<Option<u64>>> = Vec::new();
    // Spoilers that are open.
    let mut hidden = 0;
    for piece in pieces {
        if line.length >= max {
            break;
        }
        match piece {
            Piece::CloseSpoiler => hidden -= 1,
            Piece::Open(tag) => {
                open.push(match tag {
                    Tag::List(first) => Some(*first),
                    _ => None,
                });
                let list = open.len().checked_sub(2).and_then(|at| open[at].as_mut());
                match (tag, list) {
                    (Tag::Item, Some(Some(number))) => {
                        line.push(&format!(" {number}. "));
                        *number = number.saturating_add(1);
                    }
                    (Tag::Item, _) => line.push(" • "),
                    _ if is_block(tag) => line.push(" "),
                    _ => {}
                }
            }
            Piece::Close => drop(open.pop()),
            Piece::OpenSpoiler => {
                if hidden == 0 {
                    line.push("[spoiler]");
                }
                hidden += 1;
            }
            _ if hidden > 0 => {}
            Piece::Run(range) => line.push(&body[range.clone()]),
            Piece::Text(text) | Piece::Code(text) => line.push(text),
            Piece::CodeBlock { code, .. } => {
                line.push(" ");
                line.push(code);
                line.push(" ");
            }
            Piece::Break | Piece::Rule => line.push(" "),
            Piece::Task(is_done) => line.push(if *is_done { "☑ " } else { "☐ " }),
        }
    }
    line.text
}

const fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

/// A text in which white space of any length is one space.
struct Line {
    text: String,
    length: usize,
    max: usize,
    ends_in_space: bool,
}

impl Line {
    const fn of(max: usize) -> Self {
        Self {
            text: String::new(),
            length: 0,
            max,
            ends_in_space: false,
        }
    }

    fn push(&mut self, text: &str) {
        for c in text.chars() {
            // A space may come before it.
            if self.length + 1 >= self.max {
                self.length = self.max;
                return;
            }
            if c.is_whitespace() {
                self.ends_in_space = true;
                continue;
            }
            if self.ends_in_space && !self.text.is_empty() {
                self.text.push(' ');
                self.length += 1;
            }
            self.ends_in_space = false;
            self.text.push(c);
            self.length += 1;
        }
    }
}
