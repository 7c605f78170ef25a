//! Finding emoji by what people call them: shortcodes of several systems, names, and tags.

use super::data::{Emoji, EmojiData};
use crate::client::fold;

/// The emoji that fit to all words of a query, the best first, and otherwise in the order of the file.
pub fn search<'a>(data: &'a EmojiData, query: &str) -> Vec<&'a Emoji> {
    let query = query.trim_matches(|c: char| c == ':' || c.is_whitespace());
    let (code, folded) = (query.to_lowercase(), fold(query));
    let mut words = folded.split(|c: char| c == '_' || c.is_whitespace());
    let words: Vec<_> = words.by_ref().filter(|word| !word.is_empty()).collect();
    let rank = |emoji: &'a Emoji| Some((rank(emoji, &code, &words)?, emoji));
    let mut found: Vec<_> = data.emoji.iter().filter_map(rank).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, emoji)| emoji).collect()
}

/// The emoji of a shortcode that is written in full.
pub fn exact<'a>(data: &'a EmojiData, code: &str) -> Option<&'a Emoji> {
    let code = code.to_lowercase();
    // The first name of one goes before another name of an earlier one.
    let is_first = |emoji: &&Emoji| emoji.code() == code;
    let has = |emoji: &&Emoji| emoji.codes.contains(&code);
    data.emoji
        .iter()
        .find(is_first)
        .or_else(|| data.emoji.iter().find(has))
}

/// `None` if a word fits to nothing.
fn rank(emoji: &Emoji, code: &str, words: &[&str]) -> Option<usize> {
    if words.is_empty() {
        return None;
    }
    if emoji.codes.iter().any(|known| known == code) {
        return Some(0);
    }
    if emoji.codes.iter().any(|known| known.starts_with(code)) {
        return Some(1);
    }
    let ranks = words.iter().map(|word| {
        let mut name = emoji.name.split([' ', '-']);
        if name.any(|part| part.starts_with(word)) {
            Some(2)
        } else if emoji.tags.iter().any(|tag| tag.starts_with(word)) {
            Some(3)
        } else {
            let is_within = emoji
                .codes
                .iter()
                .any(|known| known.contains(&word.to_lowercase()));
            is_within.then_some(4)
        }
    });
    ranks
        .max_by_key(|rank| rank.unwrap_or(usize::MAX))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::{super::data::sample, exact, search};

    #[test]
    fn finds_by_code_name_and_tag_in_any_case() {
        let data = sample();
        for (query, found) in [
            ("+1", vec!["👍"]),
            (":ThumbsUp:", vec!["👍"]),
            ("thumbs_up", vec!["👍"]),
            ("UP thumb", vec!["👍"]),
            ("smil", vec!["😄", "😎"]),
            ("sun", vec!["😎"]),
            ("Happy eyes", vec!["😄"]),
            ("happy sun", vec![]),
            ("cote", vec!["🇨🇮"]),
            ("", vec![]),
            (" : ", vec![]),
        ] {
            let texts: Vec<_> = search(&data, query)
                .iter()
                .map(|it| it.with_tone(0))
                .collect();
            assert_eq!(texts, found, "{query}");
        }
    }

    #[test]
    fn takes_whole_codes_only() {
        let data = sample();
        let text = |code| exact(&data, code).map(|emoji| emoji.with_tone(0));
        assert_eq!(text("+1").as_deref(), Some("👍"));
        assert_eq!(text("COOL").as_deref(), Some("😎"));
        assert_eq!(text("thumbs"), None);
    }
}
