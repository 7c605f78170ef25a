//! Reactions that another system has stored.

use super::{emoji::canonical, names::clean_line};

/// Characters of the longest reaction: the constraint `reactions_emoji_length`.
const MAX_IMPORTED: usize = 32;

/// The reaction that another system has stored: an emoji in any spelling, the name of one as `:tada:`,
/// or else a word, which stays. `None` for what shows nothing or is longer than 32 characters.
pub fn imported_reaction(text: &str) -> Option<String> {
    let text = text.trim();
    // Some systems store a name with the selector of the picture after it.
    let name = text.replace(['\u{fe0e}', '\u{fe0f}'], "");
    let named = || emojis::get_by_shortcode(name.trim_matches(':')).map(emojis::Emoji::as_str);
    if let Some(emoji) = canonical(text).or_else(named) {
        return Some(emoji.to_owned());
    }
    let is_short = text.chars().count() <= MAX_IMPORTED;
    is_short.then(|| clean_line(text, MAX_IMPORTED)).flatten()
}

#[cfg(test)]
mod tests {
    use super::imported_reaction;

    #[test]
    fn imported_reactions_keep_words_that_name_no_emoji() {
        let imported = |text| imported_reaction(text);
        assert_eq!(imported(" ❤ ").as_deref(), Some("❤\u{fe0f}"));
        assert_eq!(imported(":tada:").as_deref(), Some("🎉"));
        assert_eq!(imported(":heart:\u{fe0f}").as_deref(), Some("❤\u{fe0f}"));
        assert_eq!(imported("tada\u{fe0f}").as_deref(), Some("🎉"));
        assert_eq!(imported("party-parrot").as_deref(), Some("party-parrot"));
        assert_eq!(imported("a\u{202e}b").as_deref(), Some("ab"));
        for left_out in ["", "\u{200b}", " ", &"x".repeat(33)] {
            assert_eq!(imported(left_out), None, "{left_out:?}");
        }
    }
}
