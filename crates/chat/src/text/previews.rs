//! What is shown of a message where there is little room: the beginning of its body.

use unicode_segmentation::UnicodeSegmentation;

/// Characters of a preview, at most. The function `preview_text` of the database reads 64 more, so that the
/// end of the last one is seen.
const MAX_PREVIEW: usize = 200;

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

#[cfg(test)]
mod tests {
    use super::{MAX_PREVIEW, clip_preview};

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
