//! The part of a message that matched, with marks.

use crate::ui::escape_html;
use model::Snippet;

/// As HTML. A range that does not fit the text marks nothing.
pub fn snippet_html(snippet: &Snippet) -> String {
    let mut html = String::new();
    let mut done = 0;
    for range in &snippet.matches {
        let bounds = byte_at(&snippet.text, range.start).zip(byte_at(&snippet.text, range.end));
        let Some((start, end)) = bounds.filter(|(start, end)| done <= *start && start < end) else {
            continue;
        };
        html.push_str(&escape_html(&snippet.text[done..start]));
        html.push_str("<mark>");
        html.push_str(&escape_html(&snippet.text[start..end]));
        html.push_str("</mark>");
        done = end;
    }
    html.push_str(&escape_html(&snippet.text[done..]));
    html
}

/// The byte with a UTF-16 code unit; `None` within a character or beyond the end.
fn byte_at(text: &str, unit: u32) -> Option<usize> {
    let mut units = 0;
    for (byte, char) in text.char_indices() {
        if units >= unit {
            return (units == unit).then_some(byte);
        }
        units += if char > '\u{ffff}' { 2 } else { 1 };
    }
    (units == unit).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::snippet_html;
    use model::{Snippet, TextRange};

    fn html(text: &str, ranges: &[(u32, u32)]) -> String {
        let matches = ranges.iter();
        snippet_html(&Snippet {
            text: text.to_owned(),
            matches: matches
                .map(|(start, end)| TextRange {
                    start: *start,
                    end: *end,
                })
                .collect(),
        })
    }

    #[test]
    fn marks_what_matched() {
        assert_eq!(html("plan b", &[]), "plan b");
        assert_eq!(html("plan b", &[(0, 4)]), "<mark>plan</mark> b");
        assert_eq!(
            html("\u{1f642}会議 <b>", &[(2, 4), (5, 8)]),
            "\u{1f642}<mark>会議</mark> <mark>&lt;b></mark>"
        );
        assert_eq!(
            html("ab", &[(0, 1), (1, 2)]),
            "<mark>a</mark><mark>b</mark>"
        );
    }

    #[test]
    fn what_does_not_fit_marks_nothing() {
        assert_eq!(html("\u{1f642}x", &[(1, 2), (0, 9), (3, 3)]), "\u{1f642}x");
        assert_eq!(html("abc", &[(1, 3), (0, 2)]), "a<mark>bc</mark>");
    }
}
