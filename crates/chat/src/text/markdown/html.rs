//! Writes the pieces of a body as HTML: the elements and attributes that are named here, and no others. The
//! text of a person comes in only through `push_escaped`. Whatever is opened is closed, because the ends of
//! the open elements are kept beside the text.

use super::{
    address::{address, contradicted, is_conversation, misread},
    escape::{push_conversation_link, push_escaped, push_link, push_target},
    piece::{Document, Piece},
    run::{push_lines, push_run},
};
use crate::text::{code, emoji::is_emoji_only, mentions::Mentioned};
use pulldown_cmark::{Alignment, HeadingLevel, LinkType, Tag};
use std::{fmt::Write, ops::Range};

/// Elements within each other, at most. What is nested more deeply is shown without its element.
const MAX_DEPTH: usize = 20;

/// The HTML of a body has at most this many times its bytes, and `FREE_BYTES` more. A body that would have
/// more, by a definition of a link that is used again and again, is shown as it was typed.
const MAX_GROWTH: usize = 8;
const FREE_BYTES: usize = 4096;

/// Elements of a body, at most. One that would have more, as a table of thousands of cells, is shown as it was
/// typed: every reader's page has a node or two for each.
const MAX_ELEMENTS: usize = 1000;

/// Elements of the colours of one block of code, at most: one with more is shown without colours.
const MAX_COLOURED: usize = 500;

/// Lines of a block of code that are shown at once; a longer one is folded.
const MAX_LINES_OF_CODE: usize = 20;

/// The outer element is the button that shows what the inner one has.
const SPOILER: &str =
    r#"<span class="spoiler" role="button" tabindex="0" aria-label="Spoiler: show"><span>"#;

/// As `markdown::html`.
pub fn html(body: &str, document: &Document, mentioned: &[Mentioned]) -> Option<String> {
    let html = match document {
        Document::Plain => plain(body, mentioned)?,
        Document::Marked(pieces) => marked(body, pieces, mentioned)?,
    };
    (elements(&html) <= MAX_ELEMENTS).then_some(html)
}

/// How many elements begin in HTML: people's own brackets are escaped in it.
fn elements(html: &str) -> usize {
    html.matches('<').count() - html.matches("</").count()
}

/// A body that is shown as it was typed: with its links and mentions, or large, if it is emoji.
fn plain(body: &str, mentioned: &[Mentioned]) -> Option<String> {
    if body.contains("://") || !mentioned.is_empty() {
        let mut html = String::with_capacity(body.len() * 2);
        return push_run(&mut html, body, mentioned).then_some(html);
    }
    is_emoji_only(body).then(|| {
        let mut html = String::from("<span class=\"emoji\">");
        push_lines(&mut html, body);
        html + "</span>"
    })
}

fn marked(body: &str, pieces: &[Piece], mentioned: &[Mentioned]) -> Option<String> {
    let mut writer = Writer {
        body,
        mentioned,
        html: String::with_capacity(body.len() * 2),
        max: body.len() * MAX_GROWTH + FREE_BYTES,
        open: Vec::new(),
        links: 0,
        spoilers: 0,
        alignments: Vec::new(),
        cell: 0,
        in_head: false,
    };
    for piece in pieces {
        writer.push(piece);
        if writer.html.len() > writer.max {
            return None;
        }
    }
    Some(writer.html)
}

/// What ends an element.
struct End {
    html: &'static str,
    link: Option<Link>,
}

/// A link that is open.
struct Link {
    address: String,
    /// The text of its label; `None` where the address is shown.
    label: Option<String>,
}

struct Writer<'a> {
    body: &'a str,
    mentioned: &'a [Mentioned],
    html: String,
    /// Bytes after which it gives up.
    max: usize,
    /// The ends of the elements that are open, the innermost last.
    open: Vec<End>,
    /// How many links are open: links are not nested, and have no links or mentions in them.
    links: usize,
    /// How many spoilers are open: only the outermost is one.
    spoilers: usize,
    /// Of the table that is open, its columns, and the column that comes next.
    alignments: Vec<Alignment>,
    cell: usize,
    in_head: bool,
}

impl Writer<'_> {
    fn push(&mut self, piece: &Piece) {
        match piece {
            Piece::Open(tag) => self.open(tag),
            Piece::Close => self.close(),
            Piece::Run(range) => self.run(range),
            Piece::Text(text) => {
                self.note_label(text);
                push_lines(&mut self.html, text);
            }
            Piece::Code(text) => {
                self.note_label(text);
                self.html.push_str("<code>");
                push_escaped(&mut self.html, text);
                self.html.push_str("</code>");
            }
            Piece::CodeBlock { language, code } => self.code_block(language, code),
            Piece::Break => self.html.push_str("<br>"),
            Piece::Rule => self.html.push_str("<hr>"),
            Piece::Task(is_done) => {
                let (class, label) = if *is_done {
                    ("task task-done", "Done")
                } else {
                    ("task", "To do")
                };
                // Writing to a string does not fail.
                let _ = write!(
                    self.html,
                    "<span class=\"{class}\" role=\"img\" aria-label=\"{label}\"></span>"
                );
            }
            Piece::OpenSpoiler => {
                if self.spoilers == 0 {
                    self.html.push_str(SPOILER);
                }
                self.spoilers += 1;
            }
            Piece::CloseSpoiler => {
                self.spoilers -= 1;
                if self.spoilers == 0 {
                    self.html.push_str("</span></span>");
                }
            }
        }
    }

    fn run(&mut self, range: &Range<usize>) {
        let text = &self.body[range.clone()];
        if self.links > 0 {
            self.note_label(text);
            push_lines(&mut self.html, text);
        } else {
            push_run(&mut self.html, text, self.mentioned);
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        // A table has four levels, a list two.
        let is_deep = self.open.len() + 4 > MAX_DEPTH;
        let end = match tag {
            Tag::Link { .. } | Tag::Image { .. } => return self.open_link(tag),
            _ if is_deep && !self.is_part_of_open(tag) => "",
            Tag::Paragraph | Tag::HtmlBlock => self.element("<p>", "</p>"),
            // A message is no section of the page, so these are no headings of it.
            Tag::Heading { level, .. } => match level {
                HeadingLevel::H1 => self.element("<p class=\"heading-1\">", "</p>"),
                HeadingLevel::H2 => self.element("<p class=\"heading-2\">", "</p>"),
                _ => self.element("<p class=\"heading-3\">", "</p>"),
            },
            Tag::BlockQuote(_) => self.element("<blockquote>", "</blockquote>"),
            Tag::List(None) => self.element("<ul>", "</ul>"),
            Tag::List(Some(1)) => self.element("<ol>", "</ol>"),
            Tag::List(Some(first)) => {
                let _ = write!(self.html, "<ol start=\"{first}\">");
                "</ol>"
            }
            Tag::Item => self.element("<li>", "</li>"),
            Tag::Emphasis => self.element("<em>", "</em>"),
            Tag::Strong => self.element("<strong>", "</strong>"),
            Tag::Strikethrough => self.element("<del>", "</del>"),
            Tag::Table(alignments) => {
                self.alignments.clone_from(alignments);
                let begin = "<div class=\"table\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table>";
                self.element(begin, "</tbody></table></div>")
            }
            Tag::TableHead => {
                (self.cell, self.in_head) = (0, true);
                self.element("<thead><tr>", "</tr></thead><tbody>")
            }
            Tag::TableRow => {
                (self.cell, self.in_head) = (0, false);
                self.element("<tr>", "</tr>")
            }
            Tag::TableCell => self.open_cell(),
            _ => "",
        };
        self.open.push(End {
            html: end,
            link: None,
        });
    }

    /// Whether the tag is a part that its element cannot be without.
    fn is_part_of_open(&self, tag: &Tag<'_>) -> bool {
        let outer = self.open.last().map_or("", |end| end.html);
        match tag {
            Tag::Item => matches!(outer, "</ul>" | "</ol>"),
            Tag::TableHead | Tag::TableRow => outer == "</tbody></table></div>",
            Tag::TableCell => outer.starts_with("</tr>"),
            _ => false,
        }
    }

    fn element(&mut self, begin: &str, end: &'static str) -> &'static str {
        self.html.push_str(begin);
        end
    }

    fn open_cell(&mut self) -> &'static str {
        let (name, end) = if self.in_head {
            ("th", "</th>")
        } else {
            ("td", "</td>")
        };
        let class = match self.alignments.get(self.cell) {
            Some(Alignment::Center) => " class=\"centre\"",
            Some(Alignment::Right) => " class=\"end\"",
            _ => "",
        };
        self.cell += 1;
        let _ = write!(self.html, "<{name}{class}>");
        end
    }

    /// A picture is a link to it: no page fetches what somebody else says it should.
    fn open_link(&mut self, tag: &Tag<'_>) {
        let mut end = End {
            html: "",
            link: None,
        };
        // Within a link, the outer one is it.
        if self.links == 0
            && let Some(address) = address(tag)
        {
            let is_labelled = is_labelled(tag);
            if is_conversation(&address) {
                push_conversation_link(&mut self.html, &address);
            } else {
                push_link(&mut self.html, &address, is_labelled.then_some(&*address));
            }
            end.html = "</a>";
            end.link = Some(Link {
                address: address.into_owned(),
                label: is_labelled.then(String::new),
            });
            self.links += 1;
        }
        self.open.push(end);
    }

    /// Notes what is read of the label of the link that is open.
    fn note_label(&mut self, text: &str) {
        let links = self.open.iter_mut().filter_map(|end| end.link.as_mut());
        for label in links.filter_map(|link| link.label.as_mut()) {
            label.push_str(text);
        }
    }

    fn close(&mut self) {
        let Some(end) = self.open.pop() else {
            return;
        };
        // What a text promises, and the link does not keep, is seen before it is pressed.
        let target = end.link.as_ref().and_then(|link| match &link.label {
            Some(label) => contradicted(label, &link.address),
            None => misread(&link.address),
        });
        if let Some(target) = target {
            push_target(&mut self.html, &target);
        }
        self.links -= usize::from(end.html == "</a>");
        self.html.push_str(end.html);
    }

    fn code_block(&mut self, language: &str, text: &str) {
        let is_long = text.lines().nth(MAX_LINES_OF_CODE).is_some();
        let class = if is_long { "code code-long" } else { "code" };
        let _ = write!(self.html, "<figure class=\"{class}\"");
        if !language.is_empty() {
            let _ = write!(self.html, " data-language=\"{language}\"");
        }
        self.html.push_str("><pre><code>");
        let begin = self.html.len();
        code::push_highlighted(&mut self.html, language, text);
        if elements(&self.html[begin..]) > MAX_COLOURED {
            self.html.truncate(begin);
            push_escaped(&mut self.html, text);
        }
        self.html.push_str("</code></pre></figure>");
    }
}

/// Whether the text of the link is another than its address.
fn is_labelled(tag: &Tag<'_>) -> bool {
    let is_address = |it: LinkType| matches!(it, LinkType::Email | LinkType::Autolink);
    !matches!(tag, Tag::Link { link_type, .. } if is_address(*link_type))
}
