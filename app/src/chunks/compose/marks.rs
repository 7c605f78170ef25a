//! Marks around words: bold, italic, strikethrough, code, and links. A second time takes them away.

use super::selection::{Edit, Selection};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Bold,
    Italic,
    Strikethrough,
    Code,
}

impl Mark {
    /// What may stand on both sides. The first is what is written.
    const fn signs(self) -> &'static [&'static str] {
        match self {
            Self::Bold => &["**", "__"],
            Self::Italic => &["_", "*"],
            Self::Strikethrough => &["~~"],
            Self::Code => &["`"],
        }
    }

    const ALL: [Self; 4] = [Self::Bold, Self::Italic, Self::Strikethrough, Self::Code];
}

/// The mark that both texts meet: the first ends with it, and the second begins with it.
fn mark_between(before: &str, after: &str) -> Option<(Mark, usize)> {
    Mark::ALL.into_iter().find_map(|mark| {
        let signs = mark.signs().iter();
        let mut met = signs.filter(|sign| before.ends_with(**sign) && after.starts_with(**sign));
        met.next().map(|sign| (mark, sign.len()))
    })
}

/// Bytes between the selection and the signs of a mark around it, and the length of these.
fn mark_around(selection: &Selection, wanted: Mark) -> Option<(usize, usize)> {
    let (mut before, mut after, mut between) = (selection.before(), selection.after(), 0);
    while let Some((mark, length)) = mark_between(before, after) {
        if mark == wanted {
            return Some((between, length));
        }
        between += length;
        before = &before[..before.len() - length];
        after = &after[length..];
    }
    None
}

/// Bytes at both ends of a text that are other marks, before those of this one, and the length of these.
fn mark_within(text: &str, wanted: Mark) -> Option<(usize, usize)> {
    let (mut inner, mut between) = (text, 0);
    loop {
        let (mark, length) = Mark::ALL.into_iter().find_map(|mark| {
            let mut signs = mark.signs().iter();
            let sign = signs.find(|sign| {
                inner.len() > 2 * sign.len() && inner.starts_with(**sign) && inner.ends_with(**sign)
            });
            sign.map(|sign| (mark, sign.len()))
        })?;
        if mark == wanted {
            return Some((between, length));
        }
        between += length;
        inner = &inner[length..inner.len() - length];
    }
}

/// Marks what is selected, or where the caret is, or takes the mark away.
pub fn toggle(selection: &Selection, mark: Mark) -> Edit {
    let selection = selection.trimmed();
    if let Some((between, length)) = mark_around(&selection, mark) {
        return unwrap(&selection, between, length);
    }
    if selection.selected().contains('\n') {
        return match mark {
            Mark::Code => fence(&selection),
            _ => toggle_lines(&selection, mark),
        };
    }
    if let Some((between, length)) = mark_within(selection.selected(), mark) {
        let text = without_mark(selection.selected(), between, length);
        return replace_selected(&selection, text);
    }
    let sign = sign_of(mark, &selection);
    let text = format!("{sign}{}{sign}", selection.selected());
    Edit {
        replaced: selection.start..selection.end,
        text,
        selected: selection.start + sign.len()..selection.end + sign.len(),
    }
}

/// Underscores within a word are letters, and backticks need longer ones around them.
fn sign_of(mark: Mark, selection: &Selection) -> String {
    let sign = mark.signs()[0];
    match mark {
        Mark::Italic => {
            let before = selection.before().chars().next_back();
            let after = selection.after().chars().next();
            let is_in_word = [before, after].into_iter().flatten().any(char_is_in_word);
            if is_in_word { "*" } else { sign }.to_owned()
        }
        Mark::Code => {
            let runs = selection.selected().split(|c| c != '`').map(str::len);
            sign.repeat(runs.max().unwrap_or_default() + 1)
        }
        _ => sign.to_owned(),
    }
}

fn char_is_in_word(c: char) -> bool {
    !c.is_whitespace() && !c.is_ascii_punctuation()
}

/// Takes away the signs around the selection, which stays selected.
fn unwrap(selection: &Selection, between: usize, length: usize) -> Edit {
    let outer = between + length;
    let replaced = selection.start - outer..selection.end + outer;
    let text = without_mark(&selection.text[replaced.clone()], 0, length);
    Edit {
        selected: selection.start - length..selection.end - length,
        replaced,
        text,
    }
}

/// The text without `length` bytes at both sides, `between` bytes from its ends.
fn without_mark(text: &str, between: usize, length: usize) -> String {
    let (inner, outer) = (between + length, text.len() - between);
    let end = text.len() - inner;
    [&text[..between], &text[inner..end], &text[outer..]].concat()
}

fn replace_selected(selection: &Selection, text: String) -> Edit {
    Edit {
        replaced: selection.start..selection.end,
        selected: selection.start..selection.start + text.len(),
        text,
    }
}

/// Each line by itself, behind what makes it a list or a quote: a mark ends with its paragraph.
fn toggle_lines(selection: &Selection, mark: Mark) -> Edit {
    let lines: Vec<_> = selection.selected().split('\n').map(parts).collect();
    let marked = |content: &str| mark_within(content, mark);
    let is_marked = lines
        .iter()
        .all(|(_, content, _)| content.is_empty() || marked(content).is_some());
    let line = |(head, content, tail): &(&str, &str, &str)| {
        let sign = mark.signs()[0];
        let content = match marked(content) {
            _ if content.is_empty() => String::new(),
            Some((between, length)) if is_marked => without_mark(content, between, length),
            Some(_) => (*content).to_owned(),
            None => format!("{sign}{content}{sign}"),
        };
        [head, &*content, tail].concat()
    };
    let text: Vec<_> = lines.iter().map(line).collect();
    replace_selected(selection, text.join("\n"))
}

/// A line as what makes it a list or a quote, its text, and the spaces behind it.
fn parts(line: &str) -> (&str, &str, &str) {
    let (_, rest) = super::lines::Prefix::of(line);
    let content = rest.trim();
    let start = line.len() - rest.trim_start().len();
    (&line[..start], content, &line[start + content.len()..])
}

/// A block of code, on lines of its own.
fn fence(selection: &Selection) -> Edit {
    let selected = selection.selected();
    if let Some(code) = fenced(selected) {
        return replace_selected(selection, code.to_owned());
    }
    let (before, after) = (selection.before(), selection.after());
    let runs = selected.split(|c| c != '`').map(str::len);
    let sign = "`".repeat((runs.max().unwrap_or_default() + 1).max(3));
    let start = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let end = if after.is_empty() || after.starts_with('\n') {
        ""
    } else {
        "\n"
    };
    let opening = format!("{start}{sign}\n");
    let from = selection.start + opening.len();
    Edit {
        replaced: selection.start..selection.end,
        selected: from..from + selected.len(),
        text: format!("{opening}{selected}\n{sign}{end}"),
    }
}

/// The code of a text that is a block of code.
fn fenced(text: &str) -> Option<&str> {
    let sign = &text[..text.len() - text.trim_start_matches('`').len()];
    let code = text.strip_prefix(sign)?.strip_suffix(sign)?;
    (sign.len() >= 3).then_some(())?;
    code.split_once('\n')?.1.strip_suffix('\n')
}

/// Makes a link of what is selected. The address is selected, to be typed; where an address is selected, it is the
/// text.
pub fn link(selection: &Selection) -> Edit {
    let selection = selection.trimmed();
    let selected = selection.selected();
    let start = selection.start + 1;
    if is_address(selected) {
        let text = format!("[]({selected})");
        return Edit {
            replaced: selection.start..selection.end,
            text,
            selected: start..start,
        };
    }
    let text = format!("[{}](https://)", label(selected));
    // Without a text, that is what comes next.
    let address = selection.start + text.len() - 1;
    let selected = if selected.is_empty() {
        start..start
    } else {
        address - "https://".len()..address
    };
    Edit {
        replaced: selection.start..selection.end,
        text,
        selected,
    }
}

/// The link that an address makes of the text over which it is pasted. `None` where that is none, or an address too.
pub fn link_to(selection: &Selection, pasted: &str) -> Option<Edit> {
    let (selection, address) = (selection.trimmed(), pasted.trim());
    let selected = selection.selected();
    let is_link = is_address(address) && !selected.is_empty() && !is_address(selected);
    if !is_link || selected.contains('\n') {
        return None;
    }
    let text = format!("[{}]({})", label(selected), destination(address));
    Some(Edit::insert(&selection, text))
}

/// A text as the label of a link.
pub fn label(text: &str) -> String {
    text.replace('[', "\\[").replace(']', "\\]")
}

/// An address as the destination of a link, whose brackets would end it, as spaces would without angle brackets.
pub fn destination(address: &str) -> String {
    let address: String = address.split(['\n', '\r', '\t']).collect();
    let address = address.trim().replace('(', "%28").replace(')', "%29");
    if address.contains(char::is_whitespace) {
        format!("<{}>", address.replace('<', "%3C").replace('>', "%3E"))
    } else {
        address
    }
}

pub fn is_address(text: &str) -> bool {
    let rest = ["https://", "http://", "mailto:"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
