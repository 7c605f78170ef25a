//! Descriptions of conversations: prose of several lines, which is kept as it is written, composed (NFC). It may
//! have what a name may not, as word breaks, but nothing that turns the lines round or reaches over them.

use super::{classes::is_nonspacing_mark, names::MAX_MARKS};
use crate::{Error, Result};
use unicode_normalization::UnicodeNormalization;

/// The description as it is stored, without white space around it.
///
/// # Errors
/// `Invalid` says what must not be in it.
pub fn description(text: &str) -> Result<String> {
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_nonspacing_mark(c) { marks + 1 } else { 0 };
        let fault = match c {
            _ if is_control(c) => "must not have control characters",
            _ if turns_line(c) => "must not have marks that turn the direction of a line",
            _ if marks > MAX_MARKS => "must not have more than 4 accents on one letter",
            _ => continue,
        };
        let reason = format!("{fault} (U+{:04X})", u32::from(c));
        return Err(Error::invalid("description", reason));
    }
    Ok(text.trim().nfc().collect())
}

/// The same without what must not be there: for what another system has.
pub fn clean_description(text: &str) -> String {
    let mut marks = 0;
    let kept = text.chars().filter(|c| {
        marks = if is_nonspacing_mark(*c) { marks + 1 } else { 0 };
        !is_control(*c) && !turns_line(*c) && marks <= MAX_MARKS
    });
    kept.collect::<String>().trim().nfc().collect()
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// Embeddings, overrides and isolates (UAX #9), which act beyond the place where they stand. Marks of direction
/// (U+200E, U+200F, U+061C) act like a letter, and prose in two directions needs them.
fn turns_line(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{clean_description, description};

    #[test]
    fn prose_is_kept_and_stays_in_its_lines() {
        for text in [
            "a\n\n  b\tc",
            "5½ ﷺ",
            "שלום\u{200f}!",
            "ที่\u{200b}นี่",
            "❤\u{fe0f}",
            "",
        ] {
            assert_eq!(description(text).unwrap(), text);
            assert_eq!(clean_description(text), text);
        }
        assert_eq!(description(" cafe\u{301}\n").unwrap(), "café");
        for (bad, cleaned) in [
            ("a\u{202e}b", "ab"),
            ("a\u{2067}b\u{2069}", "ab"),
            ("a\u{0}b\u{7}", "ab"),
            (
                "x\u{334}\u{335}\u{336}\u{337}\u{338}",
                "x\u{334}\u{335}\u{336}\u{337}",
            ),
        ] {
            let problem = description(bad).unwrap_err().problem();
            assert_eq!(problem.errors[0].field, "description", "{bad:?}");
            assert_eq!(clean_description(bad), cleaned);
        }
    }
}
