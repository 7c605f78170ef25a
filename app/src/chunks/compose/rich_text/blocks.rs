//! Paragraphs, lists, quotes, code, headings and tables.

use super::{
    escape::escape_line,
    node::{Element, Node},
    runs::{Run, add_runs, markdown as inline},
    style::Format,
};

/// Elements that end the paragraph before them.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "aside",
    "nav",
    "figure",
    "figcaption",
    "address",
    "dl",
    "dt",
    "dd",
    "html",
    "body",
    "form",
    "fieldset",
    "details",
    "summary",
    "center",
];

pub fn markdown(nodes: &[Node]) -> String {
    join(&blocks(nodes, &Format::default()))
}

/// A block, and whether it is an item of a list, which has no empty line before the next.
struct Block {
    text: String,
    is_item: bool,
}

fn join(blocks: &[Block]) -> String {
    let mut joined = String::new();
    let mut is_item = false;
    for block in blocks {
        if !joined.is_empty() {
            joined += if is_item && block.is_item {
                "\n"
            } else {
                "\n\n"
            };
        }
        joined += &block.text;
        is_item = block.is_item;
    }
    joined
}

fn blocks(nodes: &[Node], format: &Format) -> Vec<Block> {
    let (mut all, mut runs) = (Vec::new(), Vec::new());
    for node in nodes {
        match node {
            Node::Element(element) if element.is_unread() => {}
            Node::Element(element) if is_block(element) => {
                end_paragraph(&mut runs, &mut all);
                all.append(&mut block(element, format));
            }
            node => add_runs(node, format, &mut runs),
        }
    }
    end_paragraph(&mut runs, &mut all);
    all
}

/// Whether an element is a block, or has one in it, as the `b` around all of what Google Docs copies.
fn is_block(element: &Element) -> bool {
    let is_own = element.is_any(BLOCKS)
        || element.is_any(&["ul", "ol", "li", "blockquote", "pre", "table", "hr"])
        || heading(element).is_some();
    is_own
        || element
            .children
            .iter()
            .any(|child| matches!(child, Node::Element(child) if is_block(child)))
}

fn heading(element: &Element) -> Option<usize> {
    let level = element.name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

fn end_paragraph(runs: &mut Vec<Run>, all: &mut Vec<Block>) {
    let text = inline(runs);
    runs.clear();
    if !text.is_empty() {
        let lines: Vec<_> = text.split('\n').map(escape_line).collect();
        all.push(of(lines.join("\n")));
    }
}

fn of(text: String) -> Block {
    Block {
        text,
        is_item: false,
    }
}

fn block(element: &Element, format: &Format) -> Vec<Block> {
    let format = &format.within(element);
    if let Some(level) = heading(element) {
        // Headings are bold by themselves.
        let plain = Format {
            bold: false,
            ..format.clone()
        };
        let text = join(&blocks(&element.children, &plain)).replace('\n', " ");
        let text = text.trim_start_matches("**").trim_end_matches("**");
        let sign = "#".repeat(level.min(3));
        return if text.is_empty() {
            Vec::new()
        } else {
            vec![of(format!("{sign} {text}"))]
        };
    }
    match &*element.name {
        "ul" | "ol" => items(element, format),
        "li" => vec![item("- ", element, format)],
        "blockquote" => quote(&join(&blocks(&element.children, format))),
        "pre" => {
            let code = element.text();
            vec![of(fence(code.trim_matches('\n'), language(element)))]
        }
        "table" => table(element, format),
        "hr" => vec![of("---".to_owned())],
        "p" if element.style.contains("mso-list") => vec![word_item(element, format)],
        _ => blocks(&element.children, format),
    }
}

fn quote(text: &str) -> Vec<Block> {
    if text.is_empty() {
        return Vec::new();
    }
    let line = |line: &str| {
        if line.is_empty() {
            ">".to_owned()
        } else {
            format!("> {line}")
        }
    };
    let lines: Vec<_> = text.split('\n').map(line).collect();
    vec![of(lines.join("\n"))]
}

fn items(list: &Element, format: &Format) -> Vec<Block> {
    let mut number = list.start.parse::<u32>().unwrap_or(1);
    let mut all: Vec<Block> = Vec::new();
    for child in &list.children {
        let Node::Element(child) = child else {
            continue;
        };
        if child.is_any(&["ul", "ol"]) {
            // A list within a list, and not within its item, as Google Docs writes it.
            let width = if list.name == "ol" { 3 } else { 2 };
            let inner = items(child, format).into_iter();
            all.extend(inner.map(|it| Block {
                text: indent(&it.text, width, true),
                ..it
            }));
            continue;
        }
        let sign = if list.name == "ol" {
            format!("{number}. ")
        } else {
            "- ".to_owned()
        };
        number = number.saturating_add(1);
        all.push(item(&sign, child, format));
    }
    all
}

/// An item, whose further lines stand below its text.
fn item(sign: &str, element: &Element, format: &Format) -> Block {
    let parts = blocks(&element.children, &format.within(element));
    let mut text = String::new();
    for part in &parts {
        if !text.is_empty() {
            text += if part.is_item { "\n" } else { "\n\n" };
        }
        text += &part.text;
    }
    Block {
        text: format!("{sign}{}", indent(&text, sign.len(), false)),
        is_item: true,
    }
}

/// Spaces before all lines, or all but the first.
fn indent(text: &str, width: usize, first: bool) -> String {
    let spaces = " ".repeat(width);
    let lines = text.split('\n').enumerate().map(|(index, line)| {
        let is_indented = !line.is_empty() && (first || index > 0);
        if is_indented {
            format!("{spaces}{line}")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An item of a list of Word: a paragraph that has its sign as a text, and its level in its style.
fn word_item(element: &Element, format: &Format) -> Block {
    let list = element.style_of("mso-list").unwrap_or_default();
    let level = list
        .split_once("level")
        .and_then(|(_, rest)| rest.chars().next()?.to_digit(10));
    let depth = usize::try_from(level.unwrap_or(1).saturating_sub(1)).unwrap_or_default();
    let sign = sign_of(&element.children);
    let is_numbered = sign.trim().starts_with(|c: char| c.is_ascii_digit());
    let sign = if is_numbered {
        format!("{} ", sign.trim())
    } else {
        "- ".to_owned()
    };
    let item = item(&sign, element, format);
    Block {
        text: indent(&item.text, 3 * depth, true),
        ..item
    }
}

fn sign_of(nodes: &[Node]) -> String {
    let sign = nodes.iter().find_map(|node| match node {
        Node::Element(element) if element.has_style("mso-list", "ignore") => Some(element.text()),
        Node::Element(element) => Some(sign_of(&element.children)).filter(|sign| !sign.is_empty()),
        Node::Text(_) => None,
    });
    sign.unwrap_or_default()
}

/// A block of code.
pub fn fence(code: &str, language: &str) -> String {
    let runs = code.split(|c| c != '`').map(str::len);
    let sign = "`".repeat((runs.max().unwrap_or_default() + 1).max(3));
    format!("{sign}{language}\n{code}\n{sign}")
}

/// The language of a `pre`, which a class of it or of its code names.
fn language(element: &Element) -> &str {
    let classes = element.class.split_whitespace();
    let mut own = classes.filter_map(|class| {
        let prefixes = ["language-", "lang-", "highlight-source-"];
        prefixes
            .iter()
            .find_map(|prefix| class.strip_prefix(prefix))
    });
    let is_name = |name: &&str| {
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-#".contains(c))
    };
    own.find(is_name)
        .unwrap_or_else(|| match &*element.children {
            [Node::Element(inner)] => language(inner),
            _ => "",
        })
}

fn table(element: &Element, format: &Format) -> Vec<Block> {
    let mut rows = Vec::new();
    add_rows(&element.children, &mut rows);
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    if columns < 2 {
        // It only places what is in it.
        let cells = rows.into_iter().flatten();
        return cells
            .flat_map(|cell| blocks(&cell.children, format))
            .collect();
    }
    let line = |row: &Vec<&Element>| {
        let cell = |index: usize| {
            row.get(index)
                .map_or_else(String::new, |cell| cell_text(cell, format))
        };
        let cells: Vec<_> = (0..columns).map(cell).collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut lines: Vec<_> = rows.iter().map(line).collect();
    lines.insert(1, format!("|{}", " --- |".repeat(columns)));
    vec![of(lines.join("\n"))]
}

fn cell_text(cell: &Element, format: &Format) -> String {
    // The heads of columns are bold by themselves.
    let text = blocks(&cell.children, format);
    let text: Vec<_> = text
        .iter()
        .map(|block| block.text.replace('\n', " "))
        .collect();
    text.join(" ").replace('|', "\\|")
}

fn add_rows<'a>(nodes: &'a [Node], rows: &mut Vec<Vec<&'a Element>>) {
    for node in nodes {
        let Node::Element(element) = node else {
            continue;
        };
        if element.name == "tr" {
            let cells = element.children.iter().filter_map(|node| match node {
                Node::Element(cell) if cell.is_any(&["td", "th"]) => Some(cell),
                Node::Text(_) | Node::Element(_) => None,
            });
            rows.push(cells.collect());
        } else if element.is_any(&["thead", "tbody", "tfoot"]) {
            add_rows(&element.children, rows);
        }
    }
}

#[cfg(test)]
#[path = "blocks_tests.rs"]
mod tests;
