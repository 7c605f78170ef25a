//! Where the host of a link ends, if the text goes on without a space: `https://example.org中文`.
//!
//! Labels of the root zone have one script each (ICANN's rules for generating them; Japanese ones have no letters
//! of ASCII). So a last label that begins with letters or digits of ASCII ends where another script begins.
//! `linkify-it` takes the letters of all scripts into the host, and so links to hosts that cannot exist. Labels
//! before the last one may mix: `https://a中文.com`.

use super::brackets::is_bracket;
use crate::text::scripts::is_latin;
use unicode_normalization::char::is_combining_mark;

/// The length of what is a link of the text after the scheme: all of it, or less.
pub fn end(rest: &str) -> usize {
    let authority = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    // Nothing is cut from the name and password of a user.
    let host = rest[..authority].rfind('@').map_or(0, |at| at + 1);
    let name = &rest[host..authority];
    if let Some(at) = name.find(|c: char| !c.is_ascii() && is_bracket(c)) {
        return host + end(&name[..at]);
    }
    if let Some((before, port)) = name.rsplit_once(':')
        && !before.is_empty()
        && port.starts_with(|c: char| c.is_ascii_digit())
    {
        let digits = port.find(|c: char| !c.is_ascii_digit());
        let is_foreign = digits.filter(|at| !port[*at..].starts_with(|c: char| c.is_ascii()));
        if let Some(at) = is_foreign {
            return host + before.len() + 1 + at;
        }
        return rest.len();
    }
    let label = name.rfind('.').map_or(0, |at| at + 1);
    let last = &name[label..];
    if label == 0 && !last.starts_with("localhost") {
        return rest.len();
    }
    match foreign(last) {
        Some(at) if at > 0 => host + label + at,
        _ => rest.len(),
    }
}

/// Where a label that begins in ASCII goes on in another script.
fn foreign(label: &str) -> Option<usize> {
    const SOFT_HYPHEN: char = '\u{ad}';
    if !label.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    label.find(|c: char| !c.is_ascii() && c != SOFT_HYPHEN && !is_latin(c) && !is_combining_mark(c))
}
