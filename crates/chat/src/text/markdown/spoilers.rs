//! Spoilers: `||text||`, within one element. Two bars that have no other stay as they are.

use super::piece::Piece;
use pulldown_cmark::Tag;

const BARS: &str = "||";

/// An element that is open: where its unpaired bars are, and whether it can have spoilers.
struct Frame {
    opened: Option<usize>,
    has_spoilers: bool,
}

/// Turns pairs of bars into the beginning and the end of a spoiler.
pub fn find_spoilers(body: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    if !body.contains(BARS) {
        return pieces;
    }
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut frames = vec![Frame {
        opened: None,
        has_spoilers: false,
    }];
    for piece in pieces {
        match &piece {
            Piece::Open(tag) => {
                let in_link = matches!(tag, Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock);
                let outer = frames.last().is_none_or(|frame| frame.has_spoilers);
                // Blocks begin anew; what is within a link belongs to it.
                let is_block = frames.len() == 1 || !is_inline(tag);
                let has_spoilers = !in_link && (outer || is_block);
                frames.push(Frame {
                    opened: None,
                    has_spoilers,
                });
            }
            Piece::Close => {
                frames.pop();
            }
            Piece::Run(range) => {
                if let Some(frame) = frames.last_mut().filter(|frame| frame.has_spoilers) {
                    split_run(body, range.start, range.end, frame, &mut out);
                    continue;
                }
            }
            _ => {}
        }
        out.push(piece);
    }
    out
}

const fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

/// Cuts a run at its bars, and pairs each with the one before it in the same element, unless nothing is
/// between them.
fn split_run(body: &str, start: usize, end: usize, frame: &mut Frame, out: &mut Vec<Piece>) {
    let mut from = start;
    while let Some(at) = body[from..end].find(BARS).map(|at| from + at) {
        if from < at {
            out.push(Piece::Run(from..at));
        }
        from = at + BARS.len();
        // As with `**`, white space is outside: `a || b || c` has no spoiler.
        let may_begin = !body[from..].starts_with(char::is_whitespace);
        let may_end = !body[..at].ends_with(char::is_whitespace);
        match frame.opened {
            Some(opened) if may_end && opened + 1 < out.len() => {
                out[opened] = Piece::OpenSpoiler;
                out.push(Piece::CloseSpoiler);
                frame.opened = None;
                continue;
            }
            None if may_begin => frame.opened = Some(out.len()),
            _ => {}
        }
        out.push(Piece::Run(at..from));
    }
    if from < end {
        out.push(Piece::Run(from..end));
    }
}
