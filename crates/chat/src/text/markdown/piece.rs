//! The pieces of a body, in the order of the text.

use pulldown_cmark::{LinkType, Tag};
use std::ops::Range;

pub enum Piece {
    /// An element begins. Elements are nested properly.
    Open(Tag<'static>),
    /// The element that was opened last ends.
    Close,
    /// A part of the body that is shown as it was typed. Links and mentions are found in these.
    Run(Range<usize>),
    /// Text that was typed otherwise, such as `&copy;`.
    Text(String),
    Code(String),
    CodeBlock {
        /// The first word after the fence; empty without.
        language: String,
        code: String,
    },
    /// A line break.
    Break,
    /// A line across.
    Rule,
    /// The box of a task, and whether it is done.
    Task(bool),
    OpenSpoiler,
    CloseSpoiler,
}

pub enum Document {
    /// The body is shown as it was typed, but for links, mentions and emoji in it.
    Plain,
    Marked(Vec<Piece>),
}

impl Document {
    /// The parts of the body that are shown as they were typed and may have links and mentions: not those in
    /// the label of a link.
    pub fn runs(&self, body: &str) -> Vec<Range<usize>> {
        let Self::Marked(pieces) = self else {
            return std::iter::once(0..body.len()).collect();
        };
        // Of each open element, whether it is a label.
        let mut open = Vec::new();
        let mut labels = 0;
        let mut runs = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Open(tag) => {
                    open.push(is_label(tag));
                    labels += usize::from(is_label(tag));
                }
                Piece::Close => labels -= usize::from(open.pop() == Some(true)),
                Piece::Run(range) if labels == 0 => runs.push(range.clone()),
                _ => {}
            }
        }
        runs
    }
}

/// Whether the text of the element says what a link is called. In `<https://a.example>` it is the link.
fn is_label(tag: &Tag<'_>) -> bool {
    match tag {
        Tag::Link { link_type, .. } => *link_type != LinkType::Autolink,
        Tag::Image { .. } => true,
        _ => false,
    }
}
