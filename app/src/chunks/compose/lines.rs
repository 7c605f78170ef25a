//! What lines begin with: lists and quotes, how they are switched on and off, go on at a new line, and are indented.

use super::selection::{Edit, Selection};
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    List,
    NumberedList,
    Quote,
}

/// What a line begins with: the signs of quotes, an indentation, and the sign of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    pub quotes: String,
    pub indent: String,
    /// With the space behind it and the box of a task.
    pub item: String,
}

impl Prefix {
    /// The prefix of a line, and the rest.
    pub fn of(line: &str) -> (Self, &str) {
        let mut rest = line;
        while let Some(inner) = rest.trim_start_matches(' ').strip_prefix('>') {
            rest = inner.strip_prefix(' ').unwrap_or(inner);
        }
        let quotes = line[..line.len() - rest.len()].to_owned();
        let text = rest.trim_start_matches([' ', '\t']);
        let item = item_length(text).unwrap_or_default();
        let prefix = Self {
            quotes,
            indent: rest[..rest.len() - text.len()].to_owned(),
            item: text[..item].to_owned(),
        };
        (prefix, &text[item..])
    }

    fn is(&self, block: Block) -> bool {
        match block {
            Block::Quote => !self.quotes.is_empty(),
            Block::NumberedList => self.item.starts_with(|c: char| c.is_ascii_digit()),
            Block::List => !self.item.is_empty() && !self.is(Block::NumberedList),
        }
    }

    /// The prefix of the next line. A number counts on, and a task is to be done.
    fn next(&self) -> String {
        let number = self.item.find(['.', ')']).and_then(|at| {
            let number = self.item[..at].parse::<u32>().ok()?;
            Some(format!("{}{}", number.saturating_add(1), &self.item[at..]))
        });
        let item = number.unwrap_or_else(|| self.item.clone());
        let item = item.replace("[x]", "[ ]").replace("[X]", "[ ]");
        [&*self.quotes, &self.indent, &item].concat()
    }

    fn text(&self) -> String {
        [&*self.quotes, &self.indent, &self.item].concat()
    }
}

/// The length of `- `, `12. ` or `* [ ] ` at the beginning of a text.
fn item_length(text: &str) -> Option<usize> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let signs: &[char] = if digits > 0 {
        &['.', ')']
    } else {
        &['-', '*', '+']
    };
    // CommonMark has no numbers of more digits.
    let rest = text[digits..].strip_prefix(signs)?.strip_prefix(' ')?;
    (digits <= 9).then_some(())?;
    let boxes = ["[ ] ", "[x] ", "[X] "];
    let rest = boxes
        .iter()
        .find_map(|task| rest.strip_prefix(task))
        .unwrap_or(rest);
    Some(text.len() - rest.len())
}

/// Makes the lines of the selection a list or a quote, or takes that away from all of them.
pub fn toggle(selection: &Selection, block: Block) -> Edit {
    let range = selection.lines();
    let lines: Vec<_> = selection.text[range.clone()]
        .split('\n')
        .map(Prefix::of)
        .collect();
    let is_blank = |(prefix, rest): &(Prefix, &str)| rest.is_empty() && prefix.text().is_empty();
    let is_alone = lines.len() == 1;
    let is_on = lines.iter().any(|line| !is_blank(line))
        && lines.iter().all(|line| is_blank(line) || line.0.is(block));
    let mut number = 0;
    let line = |line: &(Prefix, &str)| {
        if is_blank(line) && !is_alone {
            return String::new();
        }
        number += 1;
        let (mut prefix, rest) = line.clone();
        match block {
            Block::Quote if is_on => prefix.quotes = outer_quotes(&prefix.quotes).to_owned(),
            Block::Quote => prefix.quotes.insert_str(0, "> "),
            _ if is_on => prefix.item.clear(),
            Block::List => "- ".clone_into(&mut prefix.item),
            Block::NumberedList => prefix.item = format!("{number}. "),
        }
        prefix.text() + rest
    };
    let text = lines.iter().map(line).collect::<Vec<_>>().join("\n");
    changed_lines(selection, range, text)
}

/// Lines that get another text. They are selected if anything was, and else the caret stays where it is in its line.
fn changed_lines(selection: &Selection, range: Range<usize>, text: String) -> Edit {
    let end = range.start + text.len();
    let selected = if selection.is_empty() {
        let caret = (selection.end + text.len()).saturating_sub(range.len());
        let caret = caret.clamp(range.start, end);
        caret..caret
    } else {
        range.start..end
    };
    Edit {
        replaced: range,
        text,
        selected,
    }
}

/// The signs of quotes without the innermost.
fn outer_quotes(quotes: &str) -> &str {
    quotes.trim_end().strip_suffix('>').unwrap_or_default()
}

/// A new line that goes on with the list, the quote or the code that the caret is in. An empty item ends its list,
/// with an empty line before what follows: without one, it would still be of the item (lazy
/// continuation). `None` where a new line is nothing else.
pub fn new_line(selection: &Selection) -> Option<Edit> {
    let start = selection.before().rfind('\n').map_or(0, |at| at + 1);
    let line = &selection.before()[start..];
    if is_in_code(selection) {
        let indent = &line[..line.len() - line.trim_start().len()];
        return Some(Edit::insert(selection, format!("\n{indent}")));
    }
    let end = selection.lines().end;
    let (prefix, rest) = Prefix::of(line);
    let is_empty = rest.is_empty() && selection.text[selection.end..end].trim().is_empty();
    if prefix.item.is_empty() && prefix.quotes.is_empty() {
        return None;
    }
    if !is_empty {
        return Some(Edit::insert(selection, format!("\n{}", prefix.next())));
    }
    if !prefix.item.is_empty() && !prefix.indent.is_empty() {
        let indent = outdented(&prefix.indent, width(&prefix.item));
        let item = [&*prefix.quotes, indent, &prefix.item].concat();
        return Some(Edit::replace(start..end, item));
    }
    let outer = if prefix.item.is_empty() {
        outer_quotes(&prefix.quotes)
    } else {
        &prefix.quotes
    };
    let is_first = start == 0;
    let gap = if is_first { "" } else { "\n" };
    let above = if is_first { "" } else { outer.trim_end() };
    Some(Edit::replace(start..end, [above, gap, outer].concat()))
}

/// Whether the caret is in a block of code, behind the line that opens it.
pub fn is_in_code(selection: &Selection) -> bool {
    let mut open: Option<&str> = None;
    for line in selection.before().split('\n') {
        let (prefix, rest) = Prefix::of(line);
        let text = if prefix.item.is_empty() {
            rest
        } else {
            continue;
        };
        match open {
            None => open = opening(text),
            Some(sign)
                if text.starts_with(sign)
                    && text.trim_end().trim_start_matches(&sign[..1]).is_empty() =>
            {
                open = None;
            }
            Some(_) => {}
        }
    }
    open.is_some()
}

/// The sign of a line that opens a block of code.
fn opening(text: &str) -> Option<&str> {
    let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = text.trim_start_matches(sign);
    let length = text.len() - info.len();
    (length >= 3 && !(sign == '`' && info.contains('`'))).then(|| &text[..length])
}

/// Spaces of an indentation in code.
const CODE_INDENT: usize = 4;

/// Indents the lines of a list or of code, or takes that back. `None` elsewhere.
pub fn indent(selection: &Selection, is_back: bool) -> Option<Edit> {
    let is_code = is_in_code(selection);
    if is_code && selection.is_empty() && !is_back {
        return Some(Edit::insert(selection, " ".repeat(CODE_INDENT)));
    }
    let range = selection.lines();
    let lines: Vec<_> = selection.text[range.clone()].split('\n').collect();
    let is_list = lines.iter().any(|line| !Prefix::of(line).0.item.is_empty());
    if !is_code && !is_list {
        return None;
    }
    let indented = |line: &&str| {
        if is_code {
            return if is_back {
                outdented(line, CODE_INDENT).to_owned()
            } else {
                format!("{}{line}", " ".repeat(CODE_INDENT))
            };
        }
        let (mut prefix, rest) = Prefix::of(line);
        let width = width(&prefix.item);
        prefix.indent = if is_back {
            outdented(&prefix.indent, width).to_owned()
        } else {
            prefix.indent + &" ".repeat(width)
        };
        prefix.text() + rest
    };
    let text = lines.iter().map(indented).collect::<Vec<_>>().join("\n");
    Some(changed_lines(selection, range, text))
}

/// Columns that the text of an item is behind its sign, without the box of a task.
fn width(item: &str) -> usize {
    item.find(' ').map_or(2, |at| at + 1)
}

/// A line with up to so many spaces less at its beginning, or a tabulator less.
fn outdented(line: &str, width: usize) -> &str {
    if let Some(rest) = line.strip_prefix('\t') {
        return rest;
    }
    let spaces = line.len() - line.trim_start_matches(' ').len();
    &line[spaces.min(width)..]
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
