//! What is written in a box with what is selected in it, and a change of it. Offsets are in bytes.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    pub text: String,
    pub start: usize,
    /// The same as the start where nothing is selected.
    pub end: usize,
}

/// A part of the text that gets another text in its place, and what is selected afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub replaced: Range<usize>,
    pub text: String,
    /// In the text afterwards.
    pub selected: Range<usize>,
}

impl Edit {
    /// Puts a text in the place of the selection, and the caret behind it.
    pub fn insert(selection: &Selection, text: impl Into<String>) -> Self {
        Self::replace(selection.start..selection.end, text)
    }

    /// Puts a text in the place of another, and the caret behind it.
    pub fn replace(replaced: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        let end = replaced.start + text.len();
        Self {
            replaced,
            text,
            selected: end..end,
        }
    }
}

impl Selection {
    pub fn selected(&self) -> &str {
        &self.text[self.start..self.end]
    }

    pub fn before(&self) -> &str {
        &self.text[..self.start]
    }

    pub fn after(&self) -> &str {
        &self.text[self.end..]
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// All lines that the selection touches, without the end of the last.
    pub fn lines(&self) -> Range<usize> {
        let start = self.before().rfind('\n').map_or(0, |at| at + 1);
        // A selection that ends at the beginning of a line does not touch it.
        let is_at_start = self.end > self.start && self.text[..self.end].ends_with('\n');
        let end = if is_at_start { self.end - 1 } else { self.end };
        let rest = &self.text[end..];
        start..end + rest.find('\n').unwrap_or(rest.len())
    }

    /// The same with both ends where a character ends as people see it: no emoji is cut into its parts.
    #[must_use]
    pub fn snapped(self) -> Self {
        if self.is_empty() {
            return self;
        }
        let (mut start, mut end) = (self.start, self.end);
        while let Some(before) = self.text[..start].chars().next_back()
            && is_within_character(&self.text, start)
        {
            start -= before.len_utf8();
        }
        while let Some(after) = self.text[end..].chars().next()
            && is_within_character(&self.text, end)
        {
            end += after.len_utf8();
        }
        Self { start, end, ..self }
    }

    /// The same without the white space at both ends of what is selected.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        let selected = self.selected();
        let start = self.start + selected.len() - selected.trim_start().len();
        let end = (self.end + selected.trim_end().len())
            .saturating_sub(selected.len())
            .max(start);
        Self {
            text: self.text.clone(),
            start: start.min(self.end),
            end,
        }
    }
}

/// Whether what stands before and behind a place is one character to people: parts of an emoji, letters of a flag, and
/// marks on a letter.
fn is_within_character(text: &str, at: usize) -> bool {
    const JOINER: char = '\u{200d}';
    let (before, after) = text.split_at(at);
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else {
        return false;
    };
    let is_letter_of_flag = |c: &char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    let is_in_flag = || before.chars().rev().take_while(is_letter_of_flag).count() % 2 == 1;
    let is_mark = matches!(next,
        '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | JOINER
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}');
    is_mark || last == JOINER || is_letter_of_flag(&next) && is_in_flag()
}

/// The text of a test, where `⟦` and `⟧` stand around what is selected, and `|` where the caret is.
#[cfg(test)]
pub(super) fn marked(text: &str) -> Selection {
    let start = text.find(['⟦', '|']).unwrap();
    let end = text.find(['⟧', '|']).unwrap();
    let opening = if text[start..].starts_with('|') {
        0
    } else {
        '⟦'.len_utf8()
    };
    Selection {
        text: text.replace(['⟦', '⟧', '|'], ""),
        start,
        end: end - opening,
    }
}

/// The text after an edit, marked in the same way.
#[cfg(test)]
pub(super) fn applied(selection: &Selection, edit: &Edit) -> String {
    let mut text = selection.text.clone();
    text.replace_range(edit.replaced.clone(), &edit.text);
    let Range { start, end } = edit.selected;
    if start == end {
        text.insert(start, '|');
    } else {
        text.insert(end, '⟧');
        text.insert(start, '⟦');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn ends_of_a_selection_do_not_cut_an_emoji() {
        for (text, selected) in [
            ("a⟦👩\u{200d}👩⟧\u{200d}👧 b", "👩\u{200d}👩\u{200d}👧"),
            ("a👩\u{200d}⟦👩\u{200d}👧 b⟧", "👩\u{200d}👩\u{200d}👧 b"),
            ("⟦👍⟧🏽", "👍🏽"),
            ("⟦❤⟧\u{fe0f}", "❤\u{fe0f}"),
            ("🇩🇪🇫⟦🇷x⟧", "🇫🇷x"),
            ("⟦🇩🇪⟧🇫🇷", "🇩🇪"),
            ("⟦e⟧\u{301}f", "e\u{301}"),
            ("⟦ab⟧c", "ab"),
        ] {
            assert_eq!(marked(text).snapped().selected(), selected, "{text}");
        }
        assert!(marked("👩|\u{200d}👩").snapped().is_empty());
    }
}
