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
