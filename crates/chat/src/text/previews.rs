//! What is shown of a message where there is little room: the beginning of its body.

use unicode_segmentation::UnicodeSegmentation;

/// Characters of a preview, at most.
const MAX_PREVIEW: usize = 200;

/// Characters that are read for a preview, by the function `preview_text` of the database too: 64 more, so that
/// the end of the last one is seen.
pub const MAX_READ: usize = MAX_PREVIEW + 64;

/// The end of the last word is looked for among so many characters; a longer word is cut.
const MAX_WORD: usize = 40;

const ELLIPSIS: char = '…';

/// Cuts the text to `MAX_PREVIEW` code points at most, between two of what people see as one character: an
/// emoji of several, a flag, a letter with its accents. One that is longer than the whole is cut.
pub fn clip_preview(body: &mut String) {
    let Some((max, _)) = body.char_indices().nth(MAX_PREVIEW) else {
        return;
    };
    let ends = body.grapheme_indices(true).map(|(at, _)| at);
    let end = ends.take_while(|at| *at <= max).last();
    body.truncate(end.filter(|at| *at > 0).unwrap_or(max));
}

/// A text of one line in `MAX_PREVIEW` code points at most. One that `goes_on`, or is longer, ends after a word
/// with an ellipsis.
pub fn shorten(line: &str, goes_on: bool) -> String {
    let end = line.char_indices().nth(MAX_PREVIEW);
    if end.is_none() && !goes_on {
        return line.to_owned();
    }
    // One of the characters is the ellipsis.
    let max = line.char_indices().nth(MAX_PREVIEW - 1);
    let max = max.map_or(line.len(), |(at, _)| at);
    let mut shown = line;
    if max < line.len() {
        let ends = line.grapheme_indices(true).map(|(at, _)| at);
        let whole = ends.take_while(|at| *at <= max).last();
        shown = &line[..whole.filter(|at| *at > 0).unwrap_or(max)];
        let word = shown.char_indices().rev().take(MAX_WORD);
        let space = word.filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
        if !line[shown.len()..].starts_with(char::is_whitespace)
            && let Some(at) = space.into_iter().next()
        {
            shown = &shown[..at];
        }
    }
    let mut shown = shown.trim_end().to_owned();
    shown.push(ELLIPSIS);
    shown
}

#[cfg(test)]
mod tests {
    use super::{MAX_PREVIEW, clip_preview, shorten};

    #[test]
    fn what_is_shortened_ends_after_a_word_and_says_so() {
        let words = |n: usize| "word ".repeat(n);
        assert_eq!(shorten("short", false), "short");
        assert_eq!(shorten("short ", true), "short…");
        let whole = "é".repeat(MAX_PREVIEW);
        assert_eq!(shorten(&whole, false), whole);
        assert_eq!(shorten(&words(41), false), format!("{}word…", words(39)));
        let cut = format!("{}wo{}", words(39), "r".repeat(60));
        assert_eq!(shorten(&cut, false), format!("{}word…", words(38)));
        let long = "x".repeat(500);
        assert_eq!(shorten(&long, false), format!("{}…", "x".repeat(199)));
        // Texts without spaces end between two characters, as people see them.
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        let shown = shorten(&family.repeat(60), false);
        assert_eq!(shown, format!("{}…", family.repeat(28)));
        assert!(shown.chars().count() <= MAX_PREVIEW);
        let pile = format!("Z{}", "\u{301}".repeat(300));
        assert_eq!(shorten(&pile, false).chars().count(), MAX_PREVIEW);
    }

    fn clipped(body: &str) -> String {
        let mut body = body.to_owned();
        clip_preview(&mut body);
        body
    }

    #[test]
    fn a_preview_ends_between_two_characters() {
        for cluster in [
            "👨\u{200d}👩\u{200d}👧\u{200d}👦",
            "🇩🇪",
            "n\u{303}",
            "1\u{fe0f}\u{20e3}",
            "👍🏽",
            "ந\u{bbf}",
            "ក\u{17d2}ក",
            "\r\n",
        ] {
            let length = cluster.chars().count();
            for before in MAX_PREVIEW - length..=MAX_PREVIEW {
                let text = "x".repeat(before);
                let fits = before + length <= MAX_PREVIEW;
                let shown = if fits {
                    format!("{text}{cluster}")
                } else {
                    text.clone()
                };
                assert_eq!(
                    clipped(&format!("{text}{cluster}y")),
                    if before + length < MAX_PREVIEW {
                        format!("{shown}y")
                    } else {
                        shown
                    },
                    "{cluster:?}"
                );
            }
        }
    }

    #[test]
    fn a_short_text_is_whole_and_a_long_one_ends() {
        for text in [
            String::new(),
            "x".repeat(MAX_PREVIEW),
            "é".repeat(MAX_PREVIEW),
        ] {
            assert_eq!(clipped(&text), text);
        }
        assert_eq!(
            clipped(&"é".repeat(MAX_PREVIEW + 1)),
            "é".repeat(MAX_PREVIEW)
        );
        let pile = format!("Z{}", "\u{301}".repeat(300));
        assert_eq!(clipped(&pile).chars().count(), MAX_PREVIEW);
    }
}
