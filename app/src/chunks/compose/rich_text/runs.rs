//! The text of a paragraph: runs of one format each, and what they are in Markdown.

use super::{super::marks::destination, escape::escape, node::Node, style::Format};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    text: String,
    format: Format,
}

/// Adds the runs of a node with its white space as it stands.
pub fn add_runs(node: &Node, format: &Format, runs: &mut Vec<Run>) {
    match node {
        Node::Text(text) => push(runs, collapse(text, runs.last()), format),
        // Its line is the last character of a run without a format.
        Node::Element(element) if element.name == "br" => {
            push(runs, "\n".to_owned(), &Format::default());
        }
        Node::Element(element)
            if element.is_unread() || element.has_style("mso-list", "ignore") => {}
        Node::Element(element) => {
            let format = format.within(element);
            for child in &element.children {
                add_runs(child, &format, runs);
            }
        }
    }
}

fn push(runs: &mut Vec<Run>, text: String, format: &Format) {
    match runs.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.format == *format => last.text += &text,
        _ => runs.push(Run {
            text,
            format: format.clone(),
        }),
    }
}

/// White space as one space, or none behind another.
fn collapse(text: &str, before: Option<&Run>) -> String {
    let mut is_space = before.is_none_or(|run| run.text.ends_with([' ', '\n']));
    let mut collapsed = String::with_capacity(text.len());
    for c in text.chars() {
        let is_next_space = matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{a0}');
        if !is_next_space {
            collapsed.push(c);
        } else if !is_space {
            collapsed.push(' ');
        }
        is_space = is_next_space;
    }
    collapsed
}

type Level = fn(&Format) -> Option<Sign>;

const LINK: Level = |format| format.link.clone().map(Sign::Link);
const BOLD: Level = |format| format.bold.then_some(Sign::Around("**"));
const ITALIC: Level = |format| format.italic.then_some(Sign::Around("*"));
const STRIKETHROUGH: Level = |format| format.strikethrough.then_some(Sign::Around("~~"));
const CODE: Level = |format| format.code.then_some(Sign::Code);

/// The formats from the outermost to the innermost, in the orders that they may have.
const ORDERS: [[Level; 5]; 2] = [
    [LINK, BOLD, ITALIC, STRIKETHROUGH, CODE],
    [LINK, ITALIC, BOLD, STRIKETHROUGH, CODE],
];

#[derive(PartialEq)]
enum Sign {
    Link(String),
    Around(&'static str),
    Code,
}

pub fn markdown(runs: &[Run]) -> String {
    // The order with the fewest signs: those that end and begin beside each other would be one.
    let written = ORDERS.map(|levels| write(runs, &levels, false));
    let text = written
        .into_iter()
        .min_by_key(String::len)
        .unwrap_or_default();
    let lines: Vec<_> = text.split('\n').map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

/// The runs with the signs of these levels, each sign around all runs that follow each other and have it.
fn write(runs: &[Run], levels: &[Level], is_code: bool) -> String {
    let Some((level, inner)) = levels.split_first() else {
        let text: String = runs.iter().map(|run| &*run.text).collect();
        return if is_code { text } else { escape(&text) };
    };
    let groups = runs.chunk_by(|a, b| level(&a.format) == level(&b.format));
    let written = groups.map(|group| match level(&group[0].format) {
        None => write(group, inner, is_code),
        Some(sign @ Sign::Code) => wrap(&write(group, inner, true), &sign),
        Some(sign) => wrap(&write(group, inner, is_code), &sign),
    });
    written.collect()
}

/// White space stays outside of the signs, which mean nothing beside it.
fn wrap(text: &str, sign: &Sign) -> String {
    let inner = text.trim();
    if inner.is_empty() {
        return text.to_owned();
    }
    let start = &text[..text.len() - text.trim_start().len()];
    let end = &text[start.len() + inner.len()..];
    let wrapped = match sign {
        Sign::Around(sign) => format!("{sign}{inner}{sign}"),
        Sign::Code => {
            let runs = inner.split(|c| c != '`').map(str::len);
            let sign = "`".repeat(runs.max().unwrap_or_default() + 1);
            let space = if inner.starts_with('`') || inner.ends_with('`') {
                " "
            } else {
                ""
            };
            format!("{sign}{space}{inner}{space}{sign}")
        }
        // An address that is its own text is a link as it stands.
        Sign::Link(address) if address == inner => inner.to_owned(),
        Sign::Link(address) => format!("[{inner}]({})", destination(address)),
    };
    [start, &wrapped, end].concat()
}
