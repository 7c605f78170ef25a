//! Addresses of the web have signs that Markdown would take for its own, such as the `_` of
//! `https://a.example/_x_`. Before a body is parsed they are replaced by control characters, one byte by
//! one byte, so that all offsets stay.

use crate::text::links::links;
use std::{borrow::Cow, ops::Range};

/// The signs, and what stands for each of them.
const SIGNS: [(u8, u8); 11] = [
    (b'*', 1),
    (b'_', 2),
    (b'~', 3),
    (b'\\', 4),
    (b'&', 5),
    (b'[', 6),
    (b']', 14),
    (b'(', 15),
    (b')', 16),
    (b'!', 17),
    (b'#', 18),
];

/// Everybody's shrug, of which Markdown would take an arm.
const SHRUG: &str = "¯\\_(ツ)_/¯";

/// The body with the signs within its links masked.
pub fn mask(body: &str) -> Cow<'_, str> {
    let shrugs = body.match_indices(SHRUG);
    let mut ranges: Vec<_> = shrugs.map(|(at, text)| at..at + text.len()).collect();
    if body.contains("://") {
        // What Markdown itself takes for an address is in no danger.
        let is_bare = |range: &Range<usize>| {
            let before = body[..range.start].trim_end_matches(' ');
            !["<", "](", "]:"].iter().any(|sign| before.ends_with(sign))
        };
        ranges.extend(links(body).into_iter().filter(is_bare));
    }
    // Whoever types the control characters themselves gets no masks, but also no other signs for them.
    let is_stood_for = |byte: u8| SIGNS.iter().any(|(_, mask)| *mask == byte);
    if ranges.is_empty() || body.bytes().any(is_stood_for) {
        return Cow::Borrowed(body);
    }
    let mut masked = body.as_bytes().to_vec();
    for range in ranges {
        // What is struck out ends with the link: `~~https://a.example~~`.
        let length = body[range.clone()].trim_end_matches('~').len();
        for byte in &mut masked[range.start..range.start + length] {
            if let Some((_, mask)) = SIGNS.iter().find(|(sign, _)| sign == byte) {
                *byte = *mask;
            }
        }
    }
    String::from_utf8(masked).map_or(Cow::Borrowed(body), Cow::Owned)
}

/// The text as it was typed.
pub fn unmask(text: &str) -> Cow<'_, str> {
    let sign_of = |c: char| {
        let sign = SIGNS.iter().find(|(_, mask)| char::from(*mask) == c);
        sign.map(|(sign, _)| char::from(*sign))
    };
    if text.chars().any(|c| sign_of(c).is_some()) {
        Cow::Owned(text.chars().map(|c| sign_of(c).unwrap_or(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}
