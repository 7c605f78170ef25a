//! Emoji: which texts are a reaction, and in which spelling it is stored.

use crate::{Error, Result};
use unicode_segmentation::UnicodeSegmentation;

/// The selectors U+FE0E (as text) and U+FE0F (as a picture).
const SELECTORS: [char; 2] = ['\u{fe0e}', '\u{fe0f}'];

/// Emoji that are shown large when a body consists of nothing else.
const MAX_LARGE_EMOJI: usize = 12;

/// The one spelling of an emoji, which is its fully-qualified one (UTS #51, ED-18): ❤ and ❤️ are the
/// same reaction.
///
/// # Errors
/// `Invalid` for every text that is not one emoji that Unicode recommends for interchange (`RGI`).
pub fn reaction(text: &str) -> Result<&'static str> {
    canonical(text).ok_or_else(|| Error::invalid("emoji", "must be one emoji"))
}

/// Whether a body is 1 to 12 emoji and white space.
pub fn is_emoji_only(body: &str) -> bool {
    // 12 of the longest emoji, of 35 bytes each, with a space after each.
    if body.len() > 512 {
        return false;
    }
    let mut count = 0;
    for cluster in body.graphemes(true) {
        if is_emoji(cluster) {
            count += 1;
        } else if !cluster.chars().all(char::is_whitespace) {
            return false;
        }
    }
    (1..=MAX_LARGE_EMOJI).contains(&count)
}

pub fn is_emoji(cluster: &str) -> bool {
    canonical(cluster).is_some()
}

/// `None` for a text that is not one emoji.
pub fn canonical(text: &str) -> Option<&'static str> {
    const KEYCAP: char = '\u{20e3}';
    // A digit is an emoji within a keycap only.
    if text.starts_with(|c: char| c.is_ascii()) && !text.ends_with(KEYCAP) {
        return None;
    }
    let found = emojis::get(text).or_else(|| {
        // Spellings with too many selectors, or with those for text.
        let bare = text.replace(SELECTORS, "");
        (bare.len() < text.len())
            .then(|| emojis::get(&bare))
            .flatten()
    });
    found.map(emojis::Emoji::as_str)
}

#[cfg(test)]
mod tests {
    use super::{is_emoji_only, reaction};

    #[test]
    fn every_spelling_of_an_emoji_is_one_reaction() {
        for (one, other) in [
            ("❤", "❤\u{fe0f}"),
            ("❤\u{fe0e}", "❤\u{fe0f}"),
            ("ℹ", "ℹ\u{fe0f}"),
            ("🅰", "🅰\u{fe0f}"),
            ("1\u{20e3}", "1\u{fe0f}\u{20e3}"),
            ("☝\u{fe0f}🏽", "☝🏽"),
            ("👁\u{200d}🗨", "👁\u{fe0f}\u{200d}🗨\u{fe0f}"),
            ("👍\u{fe0f}", "👍"),
            ("#\u{20e3}", "#\u{fe0f}\u{20e3}"),
            ("👩\u{200d}❤\u{200d}👩", "👩\u{200d}❤\u{fe0f}\u{200d}👩"),
        ] {
            assert_eq!(reaction(one).unwrap(), reaction(other).unwrap(), "{one:?}");
            assert_eq!(reaction(other).unwrap(), other, "{other:?}");
        }
    }

    #[test]
    fn accepts_every_emoji_and_nothing_else() {
        for emoji in emojis::iter() {
            assert_eq!(reaction(emoji.as_str()).unwrap(), emoji.as_str());
            let bare = emoji.as_str().replace('\u{fe0f}', "");
            assert_eq!(reaction(&bare).unwrap(), emoji.as_str(), "{bare:?}");
        }
        for bad in [
            "",
            " ",
            "+1",
            "ok",
            "Ж",
            "👍 👍",
            "👍👍",
            "\u{0}👍",
            "\u{202e}",
            "\u{200b}",
            "\u{200d}",
            "\u{fe0f}",
            "👍\u{202e}",
            "\u{200b}👍",
            "1",
            "#\u{fe0f}",
            "🇩",
            "🏽",
            "→",
            "€",
            "…",
            "\u{301}",
            "👍\u{301}",
            "a\u{20e3}",
            "١\u{20e3}",
            "１\u{20e3}",
            "🏴\u{e0067}\u{e0062}",
            "👩\u{200d}",
            "٪",
        ] {
            assert!(reaction(bad).is_err(), "{bad:?}");
        }
        assert!(reaction(&"👍".repeat(33)).is_err());
    }

    #[test]
    fn knows_emoji_from_words() {
        for text in ["🙂", "👍🏽 ❤️", "👩‍👩‍👧", "🇩🇪", "ℹ️", "🅰️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
        {
            assert!(is_emoji_only(text), "{text}");
        }
        for text in ["", " ", "1", "ok 👍", "🙂\u{202e}", &"🙂".repeat(13)] {
            assert!(!is_emoji_only(text), "{text}");
        }
    }
}
